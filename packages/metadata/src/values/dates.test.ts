import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseDate, widenEnd, widenStart } from './dates.ts';

const NOW = new Date('2026-06-01T12:00:00Z');

describe('dates', () => {
  const cases: Array<[text: string, value: string | null, warning?: string]> = [
    ['2020', '2020'],
    ['-0044', '-0044'],
    ['2020-03', '2020-03'],
    [' 2020-03-01 ', '2020-03-01'],
    ['2020-03-01T10:15:00+01:00', '2020-03-01T10:15:00+01:00'],
    ['2020-03-01 10:15:00z', '2020-03-01T10:15:00Z'],
    ['2020-03-01T10:15:00,25Z', '2020-03-01T10:15:00.25Z'],
    ['20200301', '2020-03-01'],
    ['202003', '2020-03'],
    ['20200301T101500Z', '2020-03-01T10:15:00Z'],
    ['2020-02-29', '2020-02-29'],
    ['2019-02-29', null, 'unparsed-date:2019-02-29'],
    ['2020-13', null, 'unparsed-date:2020-13'],
    ['2020-03-01T25:00', null, 'unparsed-date:2020-03-01T25:00'],
    ['01.05.2018', '2018-05-01', 'local-date-format'],
    ['31.12.2018', '2018-12-31', 'local-date-format'],
    ['12.31.2018', null, 'unparsed-date:12.31.2018'],
    ['2018/5/1', '2018-05-01', 'local-date-format'],
    ['25/07/2015', '2015-07-25', 'local-date-format'],
    ['07/25/2015', '2015-07-25', 'local-date-format'],
    ['04/04/2015', '2015-04-04', 'local-date-format'],
    ['04/07/2015', null, 'ambiguous-date:04/07/2015'],
    ['4 July 2015', '2015-07-04', 'local-date-format'],
    ['Jul 4th, 2015', '2015-07-04', 'local-date-format'],
    ['July 2015', '2015-07', 'local-date-format'],
    ['2022-W12', null, 'unparsed-date:2022-W12'],
    ['unknown', null, 'unparsed-date:unknown'],
    ['', null, 'unparsed-date:'],
    ['2031', '2031', 'future-date:2031'],
    ['2026-06-02', '2026-06-02'],
  ];
  for (const [text, value, warning] of cases)
    it(`reads "${text}"`, () => {
      const parsed = parseDate(text, NOW);
      assert.deepEqual([parsed.value, parsed.warnings], [value, warning === undefined ? [] : [warning]]);
    });

  it('widens partial dates to the days they stand for', () => {
    assert.deepEqual([widenStart('2020'), widenEnd('2020')], ['2020-01-01', '2020-12-31']);
    assert.deepEqual([widenStart('2100-02'), widenEnd('2100-02')], ['2100-02-01', '2100-02-28']);
    assert.deepEqual([widenStart('2020-01-05'), widenEnd('2020-01-05T10:00Z')], ['2020-01-05', '2020-01-05T10:00Z']);
  });
});
