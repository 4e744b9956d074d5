import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Signer } from '../../../s3-wire/src/sign.ts';
import { queryOf } from './operation.ts';

/** Keys the store knows. */
export interface StoreKeys {
  region: string;
  accessKey: string;
  secretKey: string;
}

/** Signed anew, with the store's own keys and the right time: whatever a client takes for its keys, token and time will do. */
export function resigned(
  incoming: IncomingMessage,
  keys: StoreKeys,
  hidden: (header: string) => boolean,
): IncomingHttpHeaders {
  const { 'x-amz-security-token': _token, authorization = '', ...rest } = incoming.headers;
  const headers = Object.fromEntries(Object.entries(rest).filter(([name]) => !hidden(name)));
  const names = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';') ?? [];
  const toSign = Object.fromEntries(
    names.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
  );
  const [path = '/'] = (incoming.url ?? '/').split('?', 1);
  const signed = new Signer(keys.region).sign(
    {
      method: incoming.method ?? 'GET',
      path,
      query: Object.fromEntries(queryOf(incoming)),
      headers: toSign,
      payload: `${headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD'}`,
    },
    { accessKeyId: keys.accessKey, secretAccessKey: keys.secretKey },
    new Date(),
  );
  return { ...headers, ...signed };
}
