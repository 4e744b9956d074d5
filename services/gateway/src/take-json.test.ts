import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasLoneSurrogate } from './take-json.ts';
import { openGateway } from './testing/open-gateway.ts';

test('half of a surrogate pair is found wherever it stands, and nothing else is taken for one', () => {
  const lone = ['\\ud800', '\\udc00', 'a\\ud83dx', '\\ud83d\\n\\ude00', '\\ud83d\\u0041', '\\ud83d\\ud83d\\ude00'];
  for (const text of [...lone, '\\ude00\\ud83d', '\\ud83d\\ude00\\ude00', '\\\\\\ud800'])
    assert.equal(hasLoneSurrogate(`"${text}"`), true, text);
  for (const text of ['', '😀', '\\ud83d\\ude00', '\\uD83D\\uDE00', '\\\\ud800', '\\\\\\\\ud800', '\\u00e9', '\\ud7ff'])
    assert.equal(hasLoneSurrogate(`"${text}"`), false, text);
  for (const code of [0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000]) {
    const text = String.fromCharCode(code);
    assert.equal(hasLoneSurrogate(`"\\u${code.toString(16)}"`), !text.isWellFormed(), code.toString(16));
  }
});

test('a text that is no Unicode is refused before it reaches Redis', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  const record =
    '{"eventName": "s3:ObjectCreated:Put", "s3": {"bucket": {"name": "inbox"}, "object": {"key": "\\ud800.tif"}}}';
  for (const [path, body] of [
    ['/v1/ingestions', '{"source": "s3://inbox/\\ud800.tif"}'],
    ['/v1/ingestions', '{"source": "s3://inbox/a.tif", "options": {"title": "\\udc00"}}'],
    ['/v1/events/s3', `{"Records": [${record}]}`],
  ] as const) {
    const { status, body: problem } = await ask('POST', path, { body });
    assert.deepEqual([status, problem.code], [400, 'JSON_INVALID'], body);
  }
  assert.deepEqual(pipeline.asked, []);
  const { body } = await ask('POST', '/v1/ingestions', { body: '{"source": "s3://inbox/\\ud83d\\ude00.tif"}' });
  assert.deepEqual(body.sources, ['s3://inbox/😀.tif']);
});
