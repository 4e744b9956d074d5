import { GeosluiceError } from '@geosluice/jobs';
import { SourceError, type SourceErrorCode } from '../errors.ts';

const CODES: Readonly<Record<string, { code: SourceErrorCode; hint: string }>> = {
  ENOENT: { code: 'SOURCE_GONE', hint: 'it is not there' },
  ENOTDIR: { code: 'SOURCE_GONE', hint: 'a part of its path is no directory' },
  EISDIR: { code: 'INVALID_OPTIONS', hint: 'it is a directory; end the address with / to list it' },
  EACCES: { code: 'SOURCE_FORBIDDEN', hint: 'permission is denied' },
  EPERM: { code: 'SOURCE_FORBIDDEN', hint: 'permission is denied' },
  EROFS: { code: 'SOURCE_FORBIDDEN', hint: 'it is mounted read-only' },
  ELOOP: { code: 'SOURCE_NOT_ALLOWED', hint: 'it is a symbolic link that changed meanwhile, or a loop of links' },
  ENAMETOOLONG: { code: 'SOURCE_GONE', hint: 'no file can have so long a name' },
  // a network file system whose server was restarted
  ESTALE: { code: 'SOURCE_AWAY', hint: 'the mount is stale' },
};

/** Says what an error of the file system means; one that is not known (EIO, EMFILE, …) is tried again. */
export function asFileError(error: unknown, subject: string, doing: string): unknown {
  if (error instanceof GeosluiceError || !(error instanceof Error)) return error;
  const { code: system } = error as NodeJS.ErrnoException;
  if (system === undefined) return error;
  const { code, hint } = CODES[system] ?? { code: 'SOURCE_AWAY', hint: 'the file system has a fault' };
  return new SourceError(code, `${doing} ${subject}: ${hint} (${system})`, { subject, cause: error });
}
