import { createHash, createHmac, hash } from 'node:crypto';

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface Unsigned {
  method: string;
  /** As it goes on the wire, percent-encoded. */
  path: string;
  query: Readonly<Record<string, string>>;
  /** By lower-case name, `host` among them; all are signed. */
  headers: Record<string, string>;
  /** Hex SHA-256 of the body, or `UNSIGNED-PAYLOAD`. */
  payload: string;
}

export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
export const EMPTY_PAYLOAD = createHash('sha256').digest('hex');

/** Signs requests to one region: AWS Signature Version 4, with the key of the day kept. */
export class Signer {
  readonly #region: string;
  #day = '';
  #secret = '';
  #key: Buffer = Buffer.alloc(0);

  constructor(region: string) {
    this.#region = region;
  }

  /** @returns the headers with those of the signature added */
  sign(request: Unsigned, credentials: Credentials, now: Date): Record<string, string> {
    const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
    const headers: Record<string, string> = {
      ...request.headers,
      'x-amz-date': time,
      'x-amz-content-sha256': request.payload,
      ...(credentials.sessionToken === undefined ? {} : { 'x-amz-security-token': credentials.sessionToken }),
    };
    const names = Object.keys(headers).sort();
    const canonical = [
      request.method,
      request.path,
      writeQuery(request.query),
      ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replace(/ {2,}/g, ' ')}`),
      '',
      names.join(';'),
      request.payload,
    ].join('\n');
    const scope = `${time.slice(0, 8)}/${this.#region}/s3/aws4_request`;
    const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical)}`;
    const signature = hmac(this.#keyOf(time.slice(0, 8), credentials.secretAccessKey), text).toString('hex');
    const credential = `${credentials.accessKeyId}/${scope}`;
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return headers;
  }

  #keyOf(day: string, secret: string): Buffer {
    if (day !== this.#day || secret !== this.#secret) {
      const dated = hmac(Buffer.from(`AWS4${secret}`), day);
      this.#key = hmac(hmac(hmac(dated, this.#region), 's3'), 'aws4_request');
      this.#day = day;
      this.#secret = secret;
    }
    return this.#key;
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** Sorted and percent-encoded, without the `?`; a name without a value is signed and sent with `=`. */
export function writeQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

/** RFC 3986: what encodeURIComponent leaves alone beyond the unreserved characters is encoded too. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function encodeKey(key: string): string {
  return key.split('/').map(encode).join('/');
}
