import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, redactUrls } from './log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void, format: 'json' | 'pretty' = 'json'): string {
  let lines = '';
  const destination = {
    write(line: string) {
      lines += line;
    },
  };
  write(createLog({ process: 'test', level: 'debug', format, destination }));
  return lines;
}

test('secrets never reach a log, by name or inside of a url', () => {
  const text = logged((log) => {
    log.info({ password: 'hunter2', nested: { token: 'hunter2', deep: { secret: 'hunter2' } } }, 'A:B:C');
    log.warn({ url: 'https://ann:hunter2@host.test/x.tif?X-Amz-Signature=hunter2' }, 'A:B:C');
    log.error({ error: new Error('GET https://host.test/x.tif?sig=hunter2 failed') }, 'A:B:C');
  });
  assert.equal(text.includes('hunter2'), false, text);
  assert.match(text, /https:\/\/host\.test\/x\.tif/);
});

test('an error keeps its code, subject and cause', () => {
  const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'X', subject: 's' });
  const line = JSON.parse(logged((log) => log.error({ error }, 'A:B:C')));
  assert.equal(line.error.code, 'X');
  assert.equal(line.error.subject, 's');
  assert.equal(line.error.cause, 'Error: inner');
  assert.equal(line.level, 'error');
  assert.equal(line.process, 'test');
});

test('a url in quotes ends with them, and the line stays JSON', () => {
  const text = logged((log) =>
    log.warn({ uri: 'GET "https://host.test/x?sig=hunter2" failed', path: 'C:\\a' }, 'A:B:C'),
  );
  const line = JSON.parse(text);
  assert.equal(line.uri, 'GET "https://host.test/x?…" failed');
  assert.equal(line.path, 'C:\\a');
});

test('an s3 uri stays whole, and hides no presigned url beside it', () => {
  const error = new Error('copy of https://host.test/a.tif?sig=hunter2 to s3://bucket/what?.tif failed');
  const text = logged((log) => log.error({ error }, 'A:B:C'));
  assert.equal(text.includes('hunter2'), false, text);
  assert.match(JSON.parse(text).error.message, /https:\/\/host\.test\/a\.tif\?… to s3:\/\/bucket\/what\?\.tif failed/);
});

test('a url loses its password and query, other text nothing', () => {
  assert.equal(redactUrls('see https://a:b@h.test/p?q=1#f then go'), 'see https://h.test/p?… then go');
  assert.equal(redactUrls('redis://:p@ss@h.test:6379/0'), 'redis://h.test:6379/0');
  assert.equal(redactUrls('https://h.test/@me'), 'https://h.test/@me');
  assert.equal(redactUrls('no url here? none'), 'no url here? none');
});

test('for people a line is an event, its data, and the error below it', () => {
  const error = new Error('GET https://host.test/x?sig=hunter2 failed', { cause: new Error('socket hang up') });
  const text = logged(
    (log) => log.warn({ dataset: 'd1', note: 'two words', token: 'hunter2', error }, 'A:B:C'),
    'pretty',
  );
  const [first = '', ...rest] = text.trimEnd().split('\n');
  assert.match(first, /^\d\d:\d\d:\d\d\.\d{3} WARN {2}test A:B:C dataset=d1 note="two words" token=\[redacted\]$/);
  assert.match(rest[0] ?? '', /^ {4}Error: GET https:\/\/host\.test\/x\?… failed$/);
  assert.equal(rest.at(-1), '    caused by Error: socket hang up');
  assert.equal(text.includes('hunter2'), false, text);
});
