import type { IncomingMessage } from 'node:http';
import type { Decide, Ways } from './fate.ts';
import { keyOf, operationOf, queryOf } from './operation.ts';

/**
 * MinIO's ways over a store that has them not: no listing of uploads by prefix, an upload that was completed is not known any
 * more, no rule that aborts unfinished uploads, no empty names in a key, one attribute at a time.
 */
export function minio(): Ways {
  const completed = new Set<string>();
  const underWay = new Map<string, PromiseWithResolvers<void>>();
  const uploadOf = (request: IncomingMessage): string => queryOf(request).get('uploadId') ?? '';
  return {
    decide: async (operation, _, request) => {
      const query = queryOf(request);
      if (keyOf(request).includes('//')) return { status: 400, code: 'XMinioInvalidObjectName' };
      if (request.method === 'PUT' && query.has('lifecycle')) return { status: 400, code: 'InvalidArgument' };
      if (query.has('attributes') && `${request.headers['x-amz-object-attributes']}`.includes(',')) {
        return { status: 400, code: 'InvalidArgument' };
      }
      const prefix = query.get('prefix') ?? '';
      if (operation === 'ListUploads' && prefix !== '') return { rewrite: (body) => onlyUploadsOf(prefix, body) };
      if (operation !== 'Complete') return 'pass';
      const upload = uploadOf(request);
      for (let other = underWay.get(upload); other !== undefined; other = underWay.get(upload)) await other.promise;
      if (completed.has(upload)) return { status: 404, code: 'NoSuchUpload' };
      underWay.set(upload, Promise.withResolvers());
      return 'pass';
    },
    answered: (request, status) => {
      if (operationOf(request) !== 'Complete') return;
      const upload = uploadOf(request);
      if (status === 200) completed.add(upload);
      underWay.get(upload)?.resolve();
      underWay.delete(upload);
    },
  };
}

function onlyUploadsOf(key: string, body: string): string {
  return body.replace(/<Upload>.*?<\/Upload>/gs, (upload) => (upload.includes(`<Key>${key}</Key>`) ? upload : ''));
}

/** The first session token seen is at its end with the n-th request of all, and another one is wanted from then on. */
export function tokenEndsAt(last: number): Decide {
  let requests = 0;
  let first: string | undefined;
  return (_operation, _number, { headers }) => {
    const token = `${headers['x-amz-security-token']}`;
    first ??= token;
    requests += 1;
    return token === first && requests >= last ? { status: 400, code: 'ExpiredToken' } : 'pass';
  };
}

const TOLERATED_MS = 15 * 60_000;

/** The store's clock is ahead by so much: it refuses requests of another time, and tells its own. Needs `keys`. */
export function clockAhead(byMs: number): Decide {
  return (_operation, _number, { headers }) => {
    const [, year, month, day, hour, minute, second] =
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(`${headers['x-amz-date']}`) ?? [];
    const signed = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    const here = Date.now() + byMs;
    const date = new Date(here).toUTCString();
    if (Math.abs(here - signed) <= TOLERATED_MS) return { header: ['date', date] };
    return { status: 403, code: 'RequestTimeTooSkewed', headers: { date } };
  };
}
