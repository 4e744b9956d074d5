import type { Fingerprint, RangeReader } from '@geosluice/jobs';
import { discard, fill } from '../body.ts';
import { eitherSignal, withDeadline } from '../deadline.ts';
import { SourceError } from '../errors.ts';
import { checkRange, readContentRange } from '../range.ts';
import { asWebError, statusError } from './errors.ts';
import { checkPinned, headerOf, pinHeaders } from './probe.ts';
import { redactUrl, type Web } from './web.ts';

/** Reads ranges of one content behind one address. Where it redirected to is remembered as long as that is answered. */
export function openWebFile(
  web: Web,
  url: URL,
  fingerprint: Fingerprint,
  opened: AbortSignal,
  timeoutMs: number,
): RangeReader {
  const subject = redactUrl(url);
  const { size } = fingerprint;
  let known = url;
  return {
    size,
    async readInto(offset, target, signal) {
      if (checkRange(offset, target.byteLength, size, subject) === 0) return;
      const last = offset + target.byteLength - 1;
      const either = eitherSignal(opened, signal);
      const headers = { ...pinHeaders(fingerprint), range: `bytes=${offset}-${last}` };
      try {
        await withDeadline(either.signal, timeoutMs, subject, async (deadline) => {
          let answer = await web.ask('GET', known, headers, deadline.signal);
          if (answer.status >= 400 && known !== url) {
            // a signed address at the end of a redirect may have run out
            discard(answer.body);
            known = url;
            answer = await web.ask('GET', url, headers, deadline.signal);
          }
          try {
            const error = statusError(answer.status, answer.headers, subject, 'reading');
            if (error !== null) throw error;
            const range = readContentRange(headerOf(answer.headers, 'content-range'));
            checkPinned(answer.headers, fingerprint, range?.total ?? null, subject);
            if (answer.status !== 206 || range === null || range.first !== offset || range.last !== last) {
              const message = `${subject} does not answer the range asked for`;
              throw new SourceError('SOURCE_NOT_RANGED', message, { subject });
            }
          } catch (error) {
            discard(answer.body);
            throw error;
          }
          known = answer.url;
          deadline.extend();
          try {
            await fill(answer.body, target, deadline, subject);
          } catch (error) {
            throw asWebError(error, subject, 'reading');
          }
        });
      } finally {
        either.release();
      }
    },
  };
}
