import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RIVALS } from './clients/client.ts';
import { bytesOf, GIB, LOADS, MIB } from './loads.ts';
import { fileLoadsOf, planOf } from './plan.ts';

suite('[bench] plan', () => {
  test('all rivals meet on the sink, ours is alone on SeaweedFS', () => {
    const legs = planOf({ full: false });
    assert.deepEqual(
      legs.map(({ server }) => server),
      ['sink', 'versitygw', 'seaweedfs'],
    );
    const files = legs[0]?.loads.find(({ load }) => load.name === '1x4GiB');
    for (const rival of RIVALS) assert.ok(files?.clients.includes(rival), rival);
    for (const { clients } of legs[2]?.loads ?? []) assert.deepEqual(clients, ['ours']);
  });
  test('what is cut is cut equally for all: a load has one size on a server', () => {
    for (const leg of planOf({ full: false })) {
      const names = leg.loads.map(({ load }) => load.name);
      assert.equal(new Set(names).size, names.length);
    }
  });
  test('the full run has everything in full size, five times', () => {
    for (const leg of planOf({ full: true })) {
      assert.equal(leg.rounds, 5);
      assert.deepEqual(
        leg.loads.map(({ load }) => load),
        [...LOADS],
      );
    }
  });
  test('a wish goes before what is usual', () => {
    const [leg, ...others] = planOf({
      ...{
        full: false,
        loads: ['64x64MiB'],
        clients: ['ours', 'rclone'],
        servers: ['versitygw'],
        rounds: 1,
        share: 0.5,
      },
    });
    assert.equal(others.length, 0);
    assert.equal(leg?.rounds, 1);
    assert.deepEqual(
      leg?.loads.map(({ load, clients }) => [bytesOf(load), clients]),
      [[2 * GIB, ['ours', 'rclone']]],
    );
  });
  test('many files become fewer, one file becomes smaller', () => {
    const [leg] = planOf({ full: false, servers: ['sink'], share: 1 / 4 });
    const sizes = leg?.loads.map(({ load }) => (load.kind === 'files' ? [load.count, load.size] : load.size));
    assert.deepEqual(sizes, [[1, GIB], [16, 64 * MIB], [500, MIB], GIB, GIB]);
  });
  test('files of a count and size are made once', () => {
    const loads = fileLoadsOf(planOf({ full: true }));
    assert.equal(loads.length, 3);
  });
});
