// Starts a real weir server for the tests and talks to it.
import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

const program = process.env.WEIR;
if (!program) throw new Error('WEIR must name the program to test; use `make foreign`');

// startServer serves a fresh data directory on free ports.
export async function startServer() {
  const data = await mkdtemp(join(tmpdir(), 'weir-foreign-'));
  const child = spawn(program, ['serve', '--data', data, '--http', '127.0.0.1:0', '--nats', '127.0.0.1:0', '--log-format', 'json'],
    {stdio: ['ignore', 'inherit', 'pipe']});
  const exited = new Promise(resolve => child.once('exit', (code, signal) => resolve(code ?? signal)));
  const log = [];
  const ready = new Promise((resolve, reject) => {
    createInterface({input: child.stderr}).on('line', line => {
      log.push(line);
      const record = JSON.parse(line);
      if (record.msg === 'ready') resolve(record);
    });
    exited.then(code => reject(new Error(`weir serve ended with ${code}\n${log.join('\n')}`)));
  });
  const {http, nats} = await ready;
  return {
    url: http,
    nats,
    async stop() {
      child.kill('SIGTERM');
      const code = await exited;
      await rm(data, {recursive: true, force: true});
      if (code !== 0) throw new Error(`weir serve ended with ${code}\n${log.join('\n')}`);
    },
  };
}

// call sends a request and returns the reply's text; a status that is not wanted is an error.
export async function call(server, method, path, {body, type = 'application/json', headers = {}, want = [200, 201, 202]} = {}) {
  const reply = await fetch(server.url + path, {method, body, headers: body === undefined ? headers : {'Content-Type': type, ...headers}});
  const text = await reply.text();
  if (!want.includes(reply.status)) throw new Error(`${method} ${path}: ${reply.status}\n${text}`);
  return text;
}
