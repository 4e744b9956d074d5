import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, redactUrls } from './log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  let lines = '';
  const destination = {
    write(line: string) {
      lines += line;
    },
  };
  write(createLog({ process: 'test', level: 'debug', destination }));
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

test('a url loses its password and query, other text nothing', () => {
  assert.equal(
    redactUrls('see https://a:b@h.test/p?q=1#f, then go'),
    'see https://h.test/p?…, then go'.replace('?…,', '?…'),
  );
  assert.equal(redactUrls('no url here? none'), 'no url here? none');
});
