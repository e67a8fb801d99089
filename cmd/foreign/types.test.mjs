// The project of `weir init`, as TypeScript's own compiler sees it.
import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {promisify} from 'node:util';

const run = promisify(execFile);
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-types-'));
  await run(process.env.WEIR, ['init', folder]);
});
after(() => rm(folder, {recursive: true, force: true}));

// compiled returns what the compiler says of the project with one more script; '' where that is nothing.
async function compiled(script) {
  await writeFile(join(folder, 'more.ts'), script);
  try {
    return (await run(process.execPath, [tsc, '--project', folder, '--pretty', 'false'])).stdout;
  } catch (e) {
    return e.stdout;
  }
}

test('the project has its types', async () => {
  assert.equal(await compiled('export {}'), '');
});

test('the state has the types that the workflow declares', async () => {
  const workflow = join(folder, 'workflow.yaml');
  const source = await readFile(workflow, 'utf8');
  await writeFile(workflow, source.replace('state:\n', `state:
  order: {schema: {type: object, required: [id, lines], additionalProperties: true, properties: {id: {type: string}, lines: {type: array, items: {type: [string, "null"]}}, none: false}}}
  colour: {schema: {enum: [red, "it's", 7, null]}}
  either: {schema: {oneOf: [{type: integer}, {type: object, additionalProperties: {type: boolean}}]}}
  in-quotes: {schema: {type: string, description: "a */ b"}}
  list: append
`));
  await run(process.env.WEIR, ['types', workflow]);
  assert.equal(await compiled(`export default function (state: State): Partial<State> {
    const lines: (string | null)[] = state.order?.lines ?? []
    const more: unknown = state.order?.more
    if (typeof state.either === 'object') console.log(state.either.on === true)
    return {colour: "it's", 'in-quotes': input['in-quotes'], list: state.list.of.anything, order: {id: 'a', lines, more}}
  }`), '');
  const wrong = await compiled(`export default function (state: State): Partial<State> {
    input.name = 'Ada'
    return {colour: 'blue', nme: state.nane, order: {id: 'a'}}
  }`);
  for (const said of [/2,11.*read-only/, /3,13.*'"blue"' is not assignable/, /'nane' does not exist on type 'State'/, /'lines' is missing/]) {
    assert.match(wrong, said);
  }
  await writeFile(workflow, source.replace(/state:\n( .*\n)+/, ''));
  await run(process.env.WEIR, ['types', workflow]);
  assert.equal(await compiled('export default (state: State) => state.any.thing + input.other'), '');
  await writeFile(workflow, source);
  await run(process.env.WEIR, ['types', workflow]);
});

test('the durable script of the documentation has its types', async () => {
  const page = await readFile(new URL('../../docs/scripts.md', import.meta.url), 'utf8');
  const [, script] = page.split('## Durable scripts')[1].match(/script: \|\n(.*?)```/s);
  assert.equal(await compiled(script.replace('(state, ctx)', '(state: any, ctx: DurableContext)')), '');
});

test('what calls are told has its types', async () => {
  assert.equal(await compiled(`export default async function (state: State, ctx: DurableContext) {
    await ctx.sleep(250)
    try {
      await ctx.tool<{body: string}>('http.request', {}, {retry: {max: 3, backoff: 'constant', cap: 500, on: ['timeout']}, timeout: 1000})
    } catch (e) {
      if ((e as CallError).kind !== 'cancelled') ctx.log((e as CallError).tool)
    }
  }`), '');
  const wrong = await compiled(`export default async function (state: State, ctx: DurableContext) {
    await ctx.tool('http.request', {}, {retries: 3})
  }`);
  assert.match(wrong, /more\.ts.*2,41.*'retries' does not exist in type 'ToolOptions'/);
});

test('what of JavaScript is newer than the libraries of the compiler has its types', async () => {
  assert.equal(await compiled(`export default async function (state: State) {
    for await (const n of {async *[Symbol.asyncIterator]() { yield 1 }}) console.log(n.toFixed())
    queueMicrotask(() => {})
    Promise.try((n: number) => n, 1).then(n => n + 1)
    using end = {[Symbol.dispose]() {}}
    const {promise, resolve} = Promise.withResolvers<number>()
    return {
      clone: structuredClone({a: 1}).a + 1, groups: Object.groupBy([1, 2], n => n % 2 ? 'odd' : 'even').odd, all: Iterator.concat([1], [2]).toArray(),
      set: new Set([1]).union(new Set([2])).size, text: RegExp.escape('.').length, error: Error.isError(promise), raw: JSON.rawJSON('1.10'), resolve,
      list: [2, 1].toSorted(), later: Array.fromAsync([1]), map: Map.groupBy([1], n => n).get(1),
    }
  }`), '');
});
