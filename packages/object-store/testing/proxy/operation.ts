import type { IncomingMessage } from 'node:http';

export type Operation =
  | 'CreateUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'Complete'
  | 'Abort'
  | 'ListParts'
  | 'ListUploads'
  | 'Put'
  | 'Copy'
  | 'Get'
  | 'Head'
  | 'Other';

/** Queries of a bucket or object that are neither its bytes nor its uploads. */
const BESIDE = ['list-type', 'attributes', 'lifecycle', 'delete', 'tagging', 'location', 'versioning'];

export function operationOf(incoming: IncomingMessage): Operation {
  const { method, headers } = incoming;
  const query = queryOf(incoming);
  const copies = headers['x-amz-copy-source'] !== undefined;
  if (BESIDE.some((name) => query.has(name))) return 'Other';
  if (method === 'PUT' && query.has('partNumber')) return copies ? 'UploadPartCopy' : 'UploadPart';
  if (method === 'PUT') return copies ? 'Copy' : 'Put';
  if (method === 'POST' && query.has('uploads')) return 'CreateUpload';
  if (method === 'POST' && query.has('uploadId')) return 'Complete';
  if (method === 'DELETE' && query.has('uploadId')) return 'Abort';
  if (method === 'GET' && query.has('uploadId')) return 'ListParts';
  if (method === 'GET' && query.has('uploads')) return 'ListUploads';
  if (method === 'GET') return 'Get';
  if (method === 'HEAD') return 'Head';
  return 'Other';
}

export function queryOf({ url }: IncomingMessage): URLSearchParams {
  return new URL(url ?? '/', 'http://proxy').searchParams;
}

/** Raw; empty for a bucket. Of path style, as all of these tests speak. */
export function keyOf({ url }: IncomingMessage): string {
  const [path = ''] = (url ?? '/').split('?', 1);
  return decodeURIComponent(path.replace(/^\/[^/]*\/?/, ''));
}
