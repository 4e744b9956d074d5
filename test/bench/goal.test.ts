import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exitCodeOf, holds } from './goal.ts';

suite('[bench] goal', () => {
  test('some figures must be reached, not kept under', () => {
    const goal = { where: 'the stage', what: 'speed', bound: 0.9, atLeast: true };
    assert.equal(holds({ ...goal, figure: 0.9 }), true);
    assert.equal(holds({ ...goal, figure: 0.89 }), false);
  });
  test('a figure that is no number does not hold', () => {
    assert.equal(holds({ where: '', what: '', figure: Number.NaN, bound: 1 }), false);
  });
  test('a bench ends with 1 where any of its goals falls short', () => {
    const goal = { where: 'the stage', what: 'speed', bound: 1 };
    assert.equal(exitCodeOf([]), 0);
    assert.equal(exitCodeOf([{ ...goal, figure: 1 }]), 0);
    assert.equal(
      exitCodeOf([
        { ...goal, figure: 1 },
        { ...goal, figure: 1.1 },
      ]),
      1,
    );
  });
});
