import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkPinned, describeAnswer, pinHeaders } from './probe.ts';

const MODIFIED = '2026-01-02T03:04:05.000Z';
const DATE = 'Fri, 02 Jan 2026 03:04:05 GMT';

it('reads a fingerprint from headers, and leaves out what they do not say', () => {
  assert.deepEqual(describeAnswer({ etag: '"a"', 'last-modified': DATE }, 5).fingerprint, {
    size: 5,
    etag: 'a',
    modified: MODIFIED,
  });
  assert.deepEqual(describeAnswer({ etag: 'W/"a"', 'last-modified': 'yesterday' }, null).fingerprint, {
    size: 0,
    etag: 'W/a',
  });
});

it('pins by a strong ETag, else by the date, else not at all', () => {
  assert.deepEqual(pinHeaders({ size: 1, etag: 'a', modified: MODIFIED }), { 'if-match': '"a"' });
  assert.deepEqual(pinHeaders({ size: 1, etag: 'W/a', modified: MODIFIED }), { 'if-unmodified-since': DATE });
  assert.deepEqual(pinHeaders({ size: 1 }), {});
});

it('sees another content by total, ETag or date, and none where the server is only of two minds', () => {
  const check = (pin: Parameters<typeof checkPinned>[1], headers: Record<string, string>, total: number | null) => () =>
    checkPinned(headers, pin, total, 'https://example.org/a.tif');
  const changed = { code: 'SOURCE_CHANGED' };
  assert.throws(check({ size: 5 }, {}, 6), changed);
  assert.throws(check({ size: 5, etag: 'a' }, { etag: '"b"' }, 5), changed);
  assert.throws(
    check({ size: 5, modified: MODIFIED }, { 'last-modified': 'Fri, 02 Jan 2026 03:04:06 GMT' }, 5),
    changed,
  );
  assert.doesNotThrow(check({ size: 5, etag: 'W/a' }, { etag: '"a"' }, 5));
  assert.doesNotThrow(check({ size: 0, etag: 'a' }, { etag: '"a"' }, 7), 'the length was not known at the look');
  assert.doesNotThrow(check({ size: 5, etag: 'a' }, {}, null));
});
