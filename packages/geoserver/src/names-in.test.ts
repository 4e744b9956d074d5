import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesIn } from './names-in.ts';

const listOf = (names: readonly string[]): string =>
  JSON.stringify({
    coverageStores: {
      coverageStore: names.map((name) => ({
        name,
        href: `http://geoserver.test/rest/${encodeURIComponent(name)}.json`,
      })),
    },
  });

async function read(text: string, size: number): Promise<string[][]> {
  const bytes = Buffer.from(text);
  const chunks = (async function* () {
    for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size);
  })();
  const pages: string[][] = [];
  for await (const page of namesIn(chunks)) pages.push(page);
  return pages;
}

test('names come whole and once, wherever the answer is cut', async () => {
  const names = ['dem', 'has space/slash', 'quo"te', 'back\\slash', 'höhe', '{"name":"trap"}'];
  for (const size of [1, 2, 3, 7, 64, 4096]) assert.deepEqual((await read(listOf(names), size)).flat(), names);
});

test('a list of none, and the longest lists, which come in pages', async () => {
  assert.deepEqual(await read('{"coverageStores":""}', 5), []);
  const names = Array.from({ length: 1_201 }, (_, at) => `layer_${at}`);
  const pages = await read(listOf(names), 1_000);
  assert.deepEqual(pages.flat(), names);
  assert.deepEqual(
    pages.map(({ length }) => length),
    [500, 500, 201],
  );
});
