import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { STAGES, STATES } from '@geosluice/jobs';
import { holds } from '../goal.ts';
import { reportLine } from './report.ts';
import type { Sample } from './samples.ts';

const COUNT = 100;

/** Every `seconds` one dataset, each of 10 ms CPU in each worker; from the ninth tenth on each of `late` ms. */
function samplesOf(late: number, seconds = 0.1): Sample[] {
  const none = Object.fromEntries(STATES.map((state) => [state, 0])) as Sample['counts'];
  return Array.from({ length: COUNT + 1 }, (_, at) => {
    const cpu = Math.min(at, 90) * 0.01 + Math.max(0, at - 90) * late * 0.001;
    const workers = Object.fromEntries(STAGES.map((stage) => [stage, { cpu, rss: 100e6 }])) as Sample['workers'];
    const servers = { redis: at, versitygw: at, geoserver: at, geonode: at };
    return { at: at * seconds, counts: { ...none, found: COUNT - at, visible: at }, workers, servers, redisMemory: 0 };
  });
}

const FOUND = {
  ...{
    count: COUNT,
    second: { listed: 1, wall: 0.4, cpu: 0.1 },
    faults: { lost: 0, doubled: 0, open: 0 },
    redisBytes: 250_000,
    bytesByKind: [],
  },
};
const shortIn = (found: Parameters<typeof reportLine>[0]): string[] =>
  reportLine(found)
    .goals.filter((goal) => !holds(goal))
    .map(({ what }) => what);

suite('[bench] report of the line', () => {
  test('an even line without faults reaches all goals', () => {
    assert.deepEqual(shortIn({ ...FOUND, samples: samplesOf(10) }), []);
  });
  test('a tenth that costs more is told of each stage', () => {
    const short = shortIn({ ...FOUND, samples: samplesOf(12) });
    assert.equal(short.filter((what) => what.startsWith('CPU a dataset of ')).length, STAGES.length);
  });
  test('what is lost, too large or repeated is told', () => {
    const short = shortIn({
      ...{
        count: COUNT,
        samples: samplesOf(10),
        second: { listed: 0.9, wall: 0.6, cpu: 1 },
        redisBytes: 301_000,
        bytesByKind: [],
      },
      faults: { lost: 1, doubled: 2, open: 3 },
    });
    assert.equal(short.length, 7, short.join());
  });
  test('20,000 datasets must come within 40 minutes, however many there are', () => {
    assert.deepEqual(shortIn({ ...FOUND, samples: samplesOf(10, 0.119) }), []);
    assert.deepEqual(shortIn({ ...FOUND, samples: samplesOf(10, 0.121) }), ['minutes for 20000 datasets at its rate']);
  });
  test('the table tells rate and cost of each tenth', () => {
    const [line] = reportLine({ ...FOUND, samples: samplesOf(20) }).tables;
    assert.deepEqual(line?.rows, [
      ['datasets a minute', ...Array(10).fill('600')],
      ...STAGES.map((stage) => [`CPU ms a dataset of ${stage}`, ...Array(9).fill('10.00'), '20.00']),
    ]);
  });
});
