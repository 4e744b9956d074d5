import { PipelineError } from '../error.ts';

/** Where a page ended: the score and member of the last line that was looked at. */
export interface Position {
  score: string;
  member: string;
}

export function encodeCursor({ score, member }: Position): string {
  return Buffer.from(`${score} ${member}`).toString('base64url');
}

/** @throws PipelineError CURSOR_INVALID */
export function decodeCursor(cursor: string): Position {
  const [score, member, ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (score === undefined || !/^\d{1,16}$/.test(score) || member === undefined || member === '' || rest.length > 0) {
    throw new PipelineError('CURSOR_INVALID', 'the cursor is not one that a list gave; begin again without it');
  }
  return { score, member };
}
