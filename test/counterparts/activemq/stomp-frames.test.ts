import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame, frameReader, type StompFrame } from './stomp-frames.ts';

const FRAMES: StompFrame[] = [
  { command: 'MESSAGE', headers: { subscription: '1', text: 'a:b\\c\nd' }, body: 'Grüße' },
  { command: 'RECEIPT', headers: { 'receipt-id': '7' }, body: '' },
];

test('frames survive being cut anywhere, with heart-beats between them', () => {
  const bytes = Buffer.concat(FRAMES.flatMap((frame) => [encodeFrame(frame), Buffer.from('\n\r\n')]));
  for (let at = 0; at <= bytes.length; at += 1) {
    const read = frameReader();
    const got = [...read(bytes.subarray(0, at)), ...read(bytes.subarray(at))].map(({ headers, ...frame }) => {
      const { 'content-length': _, ...rest } = headers;
      return { ...frame, headers: rest };
    });
    assert.deepEqual(got, FRAMES);
  }
});

test('a body with a zero byte is told by its length', () => {
  const frame: StompFrame = { command: 'MESSAGE', headers: {}, body: 'a\0b' };
  assert.equal(frameReader()(encodeFrame(frame))[0]?.body, 'a\0b');
});
