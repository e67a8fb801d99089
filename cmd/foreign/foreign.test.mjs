// One run seen from outside by every face that weir has, with libraries that its authors did not write.
import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import patches from 'fast-json-patch';
import {parseExactly, splitMember} from './json.mjs';
import {call, startServer} from './server.mjs';
import {overNATS, overSSE, overWebSocket} from './tails.mjs';

const workflow = `
name: foreign
start: grow
nodes:
  grow:
    script: |
      state.round += 1
      console.log("round", state.round)
      return {list: [...state.list, {round: state.round, text: "žluťoučký \\u2028 <b>&"}]}
  reshape:
    script: |
      state.deep["a/b~c"].splice(1, 1, {x: 1}, {y: 2})
      delete state.deep.gone
      state.deep.names = Object.keys(state.deep)
      state.deep[""] = [null, true, -0.5, "é"]
  fixed: {set: {fixed: {round: "\${state.round}", empty: {}}}}
edges:
  grow: reshape
  reshape: fixed
  fixed:
    - {when: "state.round < 5", to: grow}
`;

// Nothing of this fits a double; nothing of it may change. (Keys are kept in the order of their bytes.)
const exact = '"exact":{"d":0.1000000000000000055511151231257827,"e":1e400,"m":-123456789012345678901234567890,"n":9007199254740993}';
const input = `{"round":0,"list":[],"deep":{"a/b~c":[1,2,3],"gone":1},${exact}}`;

let server;
before(async () => {
  server = await startServer();
  await call(server, 'POST', '/v1/workflows', {body: workflow, type: 'application/yaml'});
});
after(() => server.stop());

async function start(id, text = input) {
  await call(server, 'POST', '/v1/workflows/foreign/runs', {body: `{"run_id":"${id}","input":${text}}`});
}

async function finished(id) {
  await overWebSocket(server, `/v1/runs/${id}/tail`);
  return call(server, 'GET', `/v1/runs/${id}`);
}

async function listed(id) {
  const events = [];
  for (;;) {
    const page = await call(server, 'GET', `/v1/runs/${id}/events?limit=7&from=${events.length}`);
    const items = splitMember(page, 'events');
    events.push(...items);
    if (JSON.parse(page).next_cursor === undefined) return events;
  }
}

const last = ({subject, text}) => text !== 'forged' && /\.(RunCompleted|RunFailed|RunCancelled)$/.test(subject);

test('REST, WebSocket, SSE and NATS give the same bytes, numbered from 1 without a gap', async () => {
  const nats = await overNATS(server, 'weir.events.foreign.seen.*');
  const published = nats.until(last);
  await start('seen');
  const [socket, sse] = await Promise.all([
    overWebSocket(server, '/v1/runs/seen/tail'),
    overSSE(server, '/v1/runs/seen/events/stream'),
  ]);
  const rest = await listed('seen');
  const messages = await published;

  assert.ok(rest.length > 30, `only ${rest.length} events`);
  rest.forEach((text, i) => assert.equal(JSON.parse(text).n, i + 1));
  assert.deepEqual(socket.events, rest);
  assert.equal(socket.code, 1000);
  assert.equal(socket.protocol, 'weir.tail.v1');
  assert.deepEqual(sse.map(message => message.data), rest);
  sse.forEach((message, i) => assert.equal(message.id, String(i + 1)));
  assert.deepEqual(messages.map(message => message.text), rest);
  for (const {subject, text} of messages) assert.equal(subject, `weir.events.foreign.seen.${JSON.parse(text).type}`);
});

test('a tail goes on exactly after the event it names', async () => {
  await start('resumed');
  await finished('resumed');
  const all = await listed('resumed');
  for (const from of [1, 7, all.length - 1, all.length]) {
    const socket = await overWebSocket(server, `/v1/runs/resumed/tail?from=${from}`);
    assert.deepEqual(socket.events, all.slice(from));
    const sse = await overSSE(server, '/v1/runs/resumed/events/stream', {'Last-Event-ID': String(from)});
    assert.deepEqual(sse.map(message => message.data), all.slice(from));
  }
});

test('fast-json-patch folds the events into exactly the state', async () => {
  await start('folded');
  const view = await finished('folded');
  let state = parseExactly(input);
  let changes = 0;
  for (const text of await listed('folded')) {
    const event = parseExactly(text);
    if (event.type === 'RunStarted') assert.deepEqual(event.input, state);
    if (event.type !== 'StateChanged') continue;
    state = patches.applyPatch(state, event.patch, true).newDocument;
    changes++;
    const at = await call(server, 'GET', `/v1/runs/folded/state?at=${event.n}`);
    assert.deepEqual(parseExactly(at).state, state);
  }
  assert.equal(changes, 15);
  assert.deepEqual(parseExactly(view).state, state);
  assert.equal(state.list.length, 5);
});

test('numbers that no double holds survive untouched, digit by digit', async () => {
  await start('exact');
  const view = await finished('exact');
  assert.equal(view.split(exact).length - 1, 2, 'in the state and in the input');
  assert.ok((await listed('exact'))[0].includes(exact));
});

test('an append to a long list costs its items only', async () => {
  const list = JSON.stringify(Array.from({length: 3000}, (_, i) => ({round: -i, text: 'before'})));
  await start('long', `{"round":0,"list":${list},"deep":{"a/b~c":[],"gone":1}}`);
  await finished('long');
  const sizes = (await listed('long')).filter(text => JSON.parse(text).node === 'grow' && JSON.parse(text).type === 'StateChanged').map(text => text.length);
  assert.equal(sizes.length, 5);
  for (const size of sizes) assert.ok(size < 400, `a StateChanged of ${size} bytes over a list of ${list.length}`);
});

test('a NATS client sees events and nothing of the store, and can change nothing', async () => {
  const everything = await overNATS(server, '>');
  const seen = everything.until(last);
  const failures = await overNATS(server, 'weir.events.*.*.NodeFailed');
  const failed = failures.until(() => true);
  everything.connection.publish('weir.runs.default.forged', 'forged');
  everything.connection.publish('weir.events.foreign.quiet.RunCompleted', 'forged');
  await everything.connection.flush();
  await start('quiet', '{"round":0,"list":null,"deep":{}}');
  const [failure] = await failed;
  assert.equal(JSON.parse(failure.text).kind, 'script_error');
  const subjects = (await seen).map(({subject}) => subject).filter(subject => subject !== 'weir.runs.default.forged');
  assert.ok(subjects.length >= 4);
  for (const subject of subjects) assert.match(subject, /^weir\.events\.foreign\.quiet\./);
  assert.equal(subjects.filter(subject => subject.endsWith('.RunCompleted')).length, 0, 'a forged event went round');
  await call(server, 'GET', '/v1/runs/forged', {want: [404]});
});
