import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { capAt, createBandwidth, createWallClock } from './cap.ts';
import { type BandwidthPlanError, parseBandwidth } from './plan.ts';
import { parseRate } from './rate.ts';

const MIB = 1024 ** 2;
const at = (hours: number, minutes = 0): number => hours * 60 + minutes;

suite('a rate', () => {
  for (const [text, bytesPerSecond] of [
    ['50MiB/s', 50 * MIB],
    ['1.5 GiB/s', 1.5 * 1024 * MIB],
    ['50MB/s', 50e6],
    ['400Mbit/s', 50e6],
    ['10 Gbit/s', 1.25e9],
    ['65536B/s', 65_536],
  ] as const) {
    test(text, () => assert.deepEqual(parseRate(text), { bytesPerSecond }));
  }
  for (const text of ['fast', '50', '50MiB', '50Mb/s', '-5MiB/s', '1e9B/s', '50 toString/s', '']) {
    test(`not "${text}"`, () =>
      assert.match(JSON.stringify(parseRate(text)), /must be a rate such as 50MiB\/s, in B\/s/));
  }
  test('not so little that a part takes hours', () => {
    assert.deepEqual(parseRate('0MiB/s'), { problem: '"0MiB/s" must be 64KiB/s or more' });
  });
});

suite('a plan', () => {
  test('of one rate holds all day', () => {
    const plan = parseBandwidth(' 50MiB/s ');
    assert.deepEqual(plan, [{ from: 0, to: at(24), bytesPerSecond: 50 * MIB }]);
    for (const minute of [0, at(12), at(23, 59)]) assert.equal(capAt(plan, minute), 50 * MIB);
  });

  test('by time of day goes over midnight; bounds belong to what begins there', () => {
    const plan = parseBandwidth('06:00-22:00=20MiB/s, 22:00-06:00=200MiB/s');
    for (const [minute, mib] of [
      [at(5, 59), 200],
      [at(6), 20],
      [at(21, 59), 20],
      [at(22), 200],
      [0, 200],
    ] as const) {
      assert.equal(capAt(plan, minute), mib * MIB, `${minute}`);
    }
  });

  test('has no cap where it says nothing', () => {
    const plan = parseBandwidth('8:00-12:00 = 20MiB/s\n13:00 - 17:30=30MiB/s,');
    assert.equal(capAt(plan, at(12)), null);
    assert.equal(capAt(plan, at(17, 29)), 30 * MIB);
    assert.equal(capAt(plan, at(17, 30)), null);
    assert.equal(capAt(plan, at(7, 59)), null);
  });

  test('may end at midnight, written either way', () => {
    for (const text of ['22:00-24:00=1MiB/s', '22:00-00:00=1MiB/s']) {
      assert.deepEqual(parseBandwidth(text), [{ from: at(22), to: at(24), bytesPerSecond: MIB }]);
    }
  });

  for (const [text, said] of [
    ['fast', /^cannot be read at "fast": "fast" must be a rate such as 50MiB\/s, in /],
    [',', /must be a rate such as 50MiB\/s, or 06:00-22:00=20MiB\/s/],
    ['20MiB/s, 22:00-06:00=1MiB/s', /at "20MiB\/s": beside others it must say when it holds/],
    ['06:00=20MiB/s', /at "06:00=20MiB\/s": before the = must be two times of day/],
    ['06:00-08:00-10:00=20MiB/s', /two times of day/],
    ['06:00-25:00=20MiB/s', /25:00 must be a time of day from 00:00 to 24:00/],
    ['06:00-22:60=20MiB/s', /22:60 must be a time of day/],
    ['6-22=20MiB/s', /at "6-22=20MiB\/s": 6 must be a time of day/],
    ['06:00-06:00=20MiB/s', /it must begin before it ends; a whole day is 00:00-24:00/],
    ['24:00-06:00=20MiB/s', /it must begin before it ends/],
    ['06:00-22:00=20MiB/s,21:00-23:00=1MiB/s', /at "21:00-23:00=1MiB\/s": it overlaps "06:00-22:00=20MiB\/s"/],
    ['22:00-06:00=1MiB/s,05:00-07:00=2MiB/s', /it overlaps "22:00-06:00=1MiB\/s"/],
    ['22:00-06:00=1MiB/s,23:00-05:00=2MiB/s', /it overlaps/],
    ['06:00-22:00=', /"" must be a rate/],
  ] as const) {
    test(`"${text}" is refused with what would be right`, () => {
      assert.throws(
        () => parseBandwidth(text),
        (error: BandwidthPlanError) => {
          assert.equal(error.code, 'BANDWIDTH_INVALID');
          assert.match(error.message, said);
          return true;
        },
      );
    });
  }
});

suite('the time of day', () => {
  test('is that of the zone, in summer and in winter', () => {
    const berlin = createWallClock('Europe/Berlin');
    assert.equal(berlin(new Date('2026-01-10T05:30:00Z')), at(6, 30));
    assert.equal(berlin(new Date('2026-07-10T05:30:00Z')), at(7, 30));
    assert.equal(berlin(new Date('2026-07-10T22:15:59Z')), at(0, 15));
    assert.equal(createWallClock('Asia/Kathmandu')(new Date('2026-01-10T00:00:00Z')), at(5, 45));
  });

  test('keeps to the wall clock over both changes of a year', () => {
    const { bytesPerSecond } = createBandwidth('02:00-03:00=1MiB/s', 'Europe/Berlin');
    // in spring 01:59 is followed by 03:00, in autumn 02:00 to 02:59 comes twice
    const capped = (from: string, minutes: number): number => {
      const begin = Date.parse(from);
      const all = Array.from({ length: minutes }, (_, minute) => bytesPerSecond(new Date(begin + minute * 60_000)));
      return all.filter((cap) => cap !== null).length;
    };
    assert.equal(capped('2026-03-29T00:00:00Z', 240), 0);
    assert.equal(capped('2026-10-24T22:00:00Z', 300), 120);
    assert.equal(capped('2026-05-10T22:00:00Z', 300), 60);
  });

  test('is looked at anew each minute', () => {
    const { bytesPerSecond } = createBandwidth('06:00-22:00=20MiB/s', 'UTC');
    assert.equal(bytesPerSecond(new Date('2026-01-10T05:59:59.999Z')), null);
    assert.equal(bytesPerSecond(new Date('2026-01-10T06:00:00Z')), 20 * MIB);
    assert.equal(bytesPerSecond(new Date('2026-01-10T21:59:59.999Z')), 20 * MIB);
    assert.equal(bytesPerSecond(new Date('2026-01-10T22:00:00Z')), null);
  });
});
