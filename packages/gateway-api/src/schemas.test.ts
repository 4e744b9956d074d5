import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bboxQuerySchema } from './dataset.ts';
import { decideMeaning } from './error.ts';
import { decideWait } from './follow.ts';
import { startIngestionSchema } from './ingestion.ts';
import { PROBLEMS, problemOf, problemSchema } from './problem.ts';

test('every problem has a status of an error, and its document keeps to the schema', () => {
  for (const code of Object.keys(PROBLEMS) as Array<keyof typeof PROBLEMS>) {
    const problem = problemOf(code, 'why');
    assert.deepEqual(problemSchema.parse(problem), problem);
    assert.match(problem.type, /^urn:geosluice:problem:[A-Z0-9_]+$/);
  }
});

test('what a person must mend is no retry, what passes by itself is one', () => {
  for (const status of [400, 401, 403, 404, 409, 422]) assert.equal(decideMeaning('X', status), 'reject');
  for (const status of [429, 500, 502, 503, 504]) assert.equal(decideMeaning('X', status), 'retry');
  assert.equal(decideMeaning('GATEWAY_UNREACHABLE', undefined), 'retry');
  assert.equal(decideMeaning('GATEWAY_ANSWER_INVALID', 200), 'reject');
});

test('a box is four numbers in degrees, also across the antimeridian', () => {
  assert.deepEqual(bboxQuerySchema.parse(' 170, -10,-170,10'), [170, -10, -170, 10]);
  for (const wrong of ['', '1,2,3', '1,2,3,4,5', '0,50,1,40', '0,0,181,1', '0,-91,1,1', 'a,b,c,d', '0,0,1,Infinity']) {
    assert.equal(bboxQuerySchema.safeParse(wrong).success, false, wrong);
  }
});

test('waits between connections grow to a bound, and are no shorter than the gateway asks', () => {
  assert.deepEqual(
    [0, 1, 3, 30].map((failures) => decideWait(failures, 0, 1)),
    [250, 500, 2_000, 10_000],
  );
  assert.equal(decideWait(30, 0, 0), 5_000);
  assert.equal(decideWait(0, 5_000, 0), 5_000);
  assert.equal(decideWait(0, 86_400_000, 0), 60_000, 'a day is not waited');
});

test('a name is refused for more than one file', () => {
  const fits = (request: object): boolean => startIngestionSchema.safeParse(request).success;
  const options = { name: 'dem' };
  assert.equal(fits({ source: 's3://b/dem.tif', options }), true);
  assert.equal(fits({ sources: ['s3://b/dem.tif'], options }), true);
  assert.equal(fits({ source: 's3://b/', options }), false);
  assert.equal(fits({ sources: ['s3://b/a.tif', 's3://b/b.tif'], options }), false);
});
