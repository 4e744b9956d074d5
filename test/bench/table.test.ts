import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { asMarkdown, asText, goalsTable } from './table.ts';

suite('[bench] table', () => {
  test('columns of text stand under each other, and Markdown is a table', () => {
    const table = { title: 'T', head: ['a', 'bbb'], rows: [['cc', 'd']] };
    assert.equal(asText(table), 'T\na   bbb\ncc  d\n');
    assert.equal(asMarkdown(table), '**T**\n\n| a | bbb |\n| --- | --- |\n| cc | d |\n');
  });
  test('a goal that falls short says so', () => {
    const goals = [
      { where: 'w', what: 'x', figure: 0.5, bound: 0.35 },
      { where: 'w', what: 'y', figure: 0.95, bound: 0.9, atLeast: true },
    ];
    assert.deepEqual(goalsTable(goals).rows, [
      ['w', 'x', '0.50', '≤ 0.35', 'short'],
      ['w', 'y', '0.95', '≥ 0.9', 'ok'],
    ]);
  });
});
