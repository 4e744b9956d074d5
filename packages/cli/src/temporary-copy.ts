import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RangeReader, Reject } from '@geosluice/jobs';

/**
 * A body that cannot be read by ranges, as a file of this machine; closing the reader removes it.
 * @throws Reject SOURCE_TOO_LARGE, EMPTY_FILE
 */
export async function copyBody(
  body: AsyncIterable<Uint8Array>,
  { maxBytes, subject }: { maxBytes: number; subject: string },
): Promise<RangeReader> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-inspect-'));
  const file = await open(join(folder, 'body'), 'wx+', 0o600);
  const close = async (): Promise<void> => {
    await file.close();
    await rm(folder, { recursive: true });
  };
  try {
    let size = 0;
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > maxBytes)
        throw new Reject('SOURCE_TOO_LARGE', `${subject} has more than ${maxBytes} bytes`, { subject });
      await file.write(chunk);
    }
    if (size === 0) throw new Reject('EMPTY_FILE', `${subject} has no bytes`, { subject });
    return {
      size,
      async readInto(offset, target) {
        const { bytesRead } = await file.read(target, 0, target.byteLength, offset);
        if (bytesRead < target.byteLength)
          throw new RangeError(`${subject} has ${size} bytes, not ${offset + target.byteLength}`);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
