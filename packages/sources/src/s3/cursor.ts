import { z } from 'zod';
import { SourceError } from '../errors.ts';

/** Where a listing goes on: by the server's token, or after a key. */
const cursorSchema = z.union([
  z.strictObject({ token: z.string().min(1) }),
  z.strictObject({ after: z.string().min(1) }),
]);
export type S3Cursor = z.infer<typeof cursorSchema>;

export function writeCursor(cursor: S3Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

export function readCursor(text: string | undefined): S3Cursor | undefined {
  if (text === undefined) return undefined;
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (cause) {
    throw new SourceError('INVALID_OPTIONS', 'the cursor is not one of this listing', { cause });
  }
}
