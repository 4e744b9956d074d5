import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUploads, describeUploads } from './uploads.ts';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

function start() {
  let now = 1_000_000;
  const uploads = createUploads(() => now);
  return {
    later(ms: number): void {
      now += ms;
    },
    told(dataset: string, done: number, total: number): void {
      uploads.take({ type: 'progress', ingestion: 'i', dataset, stage: 'upload', state: 'uploading', done, total });
    },
    entered(dataset: string, state: 'uploading' | 'publishing' | 'inspecting'): void {
      uploads.take({ type: 'state', ingestion: 'i', dataset, state });
    },
    picture: uploads.picture,
    line(): string {
      const picture = uploads.picture();
      return picture === null ? '' : describeUploads(picture, picture.foremost?.dataset ?? '');
    },
  };
}

test('bytes, rate and the largest file of all that is under way', () => {
  const { told, later, line } = start();
  assert.equal(line(), '');
  told('scene.tif', GIB, 4 * GIB);
  told('small.tif', 100 * MIB, 200 * MIB);
  assert.equal(line(), '1.1 of 4.2 GiB · scene.tif 25 %', 'nothing was sent yet while we look');
  later(2_000);
  told('scene.tif', GIB + 170 * MIB, 4 * GIB);
  told('small.tif', 110 * MIB, 200 * MIB);
  assert.equal(line(), '1.3 of 4.2 GiB · 90.0 MiB/s · scene.tif 29 %');
});

test('of workers that share a file the highest counts, and what was lost counts again', () => {
  const { told, later, picture } = start();
  told('d', 900, 2_000);
  later(500);
  told('d', 1_000, 2_000);
  told('d', 950, 2_000);
  later(500);
  told('d', 1_100, 2_000);
  assert.equal(picture()?.done, 1_100);
  assert.equal(picture()?.rate, 200, 'each byte is counted once');
  later(6_000);
  told('d', 100, 2_000);
  assert.equal(picture()?.done, 100, 'the upload was begun anew');
});

test('the rate follows what is sent, and ends where nothing is', () => {
  const { told, later, picture } = start();
  told('d', 0, 10_000);
  for (let second = 1; second <= 60; second += 1) {
    later(1_000);
    told('d', second * 100, 10_000);
  }
  assert.equal(Math.round(picture()?.rate ?? 0), 103);
  later(31_000);
  assert.equal(picture()?.rate, 0);
});

test('small files that come and go are told by their rate', () => {
  const { told, later, entered, line } = start();
  told('before', 1, 2);
  entered('before', 'publishing');
  later(1_000);
  for (const name of ['a', 'b', 'c', 'd']) {
    entered(name, 'uploading');
    told(name, MIB, MIB);
    entered(name, 'publishing');
  }
  later(1_000);
  assert.equal(line(), '2.0 MiB/s');
  later(5_000);
  assert.equal(line(), '');
});

test('an upload is forgotten with its state, but not where a worker of it says that it goes on', () => {
  const { told, entered, picture } = start();
  told('d', 10, 100);
  entered('d', 'uploading');
  assert.equal(picture()?.count, 1);
  entered('d', 'inspecting');
  assert.equal(picture(), null);
});
