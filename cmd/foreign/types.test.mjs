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
