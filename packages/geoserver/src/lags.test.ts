import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createLags, decideLag } from './lags.ts';

/** Layers one after the other on a node that is so far behind, looked at as `drawn` does. @returns looks of each */
function follow(lagMs: number, layers: number, lags = createLags(3_000)): number[] {
  return Array.from({ length: layers }, () => {
    let [at, looks] = [lags.of('node'), 1];
    for (let pause = 200; at < lagMs; pause = Math.min(pause * 1.6, 3_000)) {
      at += pause;
      looks += 1;
    }
    lags.saw('node', at, looks);
    return looks;
  });
}

suite('what is learnt of nodes that are behind', () => {
  test('a node that is always ready is looked at at once', () => {
    const lags = createLags(3_000);
    follow(0, 20, lags);
    assert.equal(lags.of('node'), 0);
    assert.equal(lags.of('another'), 0);
  });
  test('one that is two seconds behind is asked about twice a layer, and not much later than it knows', () => {
    const lags = createLags(3_000);
    const looks = follow(2_000, 100, lags);
    assert.equal(looks[0], 6);
    const later = looks.slice(10);
    assert.ok(later.reduce((sum, count) => sum + count, 0) / later.length < 2);
    assert.ok(lags.of('node') > 1_700 && lags.of('node') < 2_300, `${lags.of('node')} ms`);
  });
  test('one that has caught up is not waited for any longer than it needs', () => {
    const lags = createLags(3_000);
    follow(2_000, 50, lags);
    follow(100, 50, lags);
    assert.ok(lags.of('node') < 350, `${lags.of('node')} ms`);
  });
  test('what took a minute once holds the next up for three seconds', () => {
    const lags = createLags(3_000);
    lags.saw('node', 58_000, 20);
    assert.equal(lags.of('node'), 3_000);
  });
  test('little by little it comes down to nothing', () => {
    assert.equal(decideLag(1_000, 1_000, 1), 900);
    assert.equal(decideLag(4, 4, 1), 0);
    assert.equal(decideLag(100, 340, 2), 340);
  });
});
