// The three live tails of a run, each giving the events as the text that arrived.
import {connect} from '@nats-io/transport-node';
import WebSocket from 'ws';

// overWebSocket collects a run's events until the server closes the tail, and returns the close code too.
export function overWebSocket(server, path) {
  const socket = new WebSocket(server.url.replace('http', 'ws') + path, 'weir.tail.v1');
  return new Promise((resolve, reject) => {
    const events = [];
    socket.on('message', (data, binary) => {
      if (binary) reject(new Error('a binary message'));
      events.push(data.toString('utf8'));
    });
    socket.on('unexpected-response', (_, reply) => reject(new Error(`no WebSocket: ${reply.statusCode}`)));
    socket.on('error', reject);
    socket.on('close', code => resolve({events, code, protocol: socket.protocol}));
  });
}

// overSSE collects a run's events until the server ends the stream. Where nothing more will ever come the
// answer is 204, which tells a browser to stop connecting again.
export async function overSSE(server, path, headers = {}) {
  const reply = await fetch(server.url + path, {headers: {Accept: 'text/event-stream', ...headers}});
  if (reply.status === 204) return [];
  if (reply.status !== 200) throw new Error(`GET ${path}: ${reply.status}`);
  const messages = [];
  for (const block of (await reply.text()).split('\n\n')) {
    const message = {};
    for (const line of block.split('\n')) {
      const match = /^(id|event|data): ?(.*)$/.exec(line);
      if (match) message[match[1]] = match[2];
    }
    if (message.data !== undefined) messages.push(message);
  }
  return messages;
}

// overNATS subscribes and returns what arrives, until enough says so of a message.
export async function overNATS(server, subject) {
  const connection = await connect({servers: server.nats});
  const subscription = connection.subscribe(subject);
  await connection.flush();
  return {
    connection,
    async until(enough) {
      const messages = [];
      for await (const message of subscription) {
        messages.push({subject: message.subject, text: message.string()});
        if (enough(messages.at(-1))) break;
      }
      await connection.close();
      return messages;
    },
  };
}
