/** The head of an HTTP/1.1 answer and, unless it went into a buffer of the caller's, its body. */
export interface Answer {
  status: number;
  /** By lower-case name; repeated ones joined by a comma. */
  headers: Record<string, string>;
  body: Buffer;
}

/** An answer that is not HTTP as this client speaks it, or not as long as it was asked for. */
export class AnswerError extends Error {
  readonly code = 'ERR_ANSWER';
  /** Where one had come. */
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.name = 'AnswerError';
    this.status = status;
  }
}

const MAX_HEAD = 64 * 1024;
/** Bodies that do not go into a buffer of the caller's are errors, small documents, and a thousand keys of up to 5 KB as XML. */
const MAX_BODY = 8 * 1024 * 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

type State = 'head' | 'fixed' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'to-end' | 'done';

/**
 * Reads one answer (RFC 9112) from the pieces a socket gives. `next` names the buffer the socket shall read into: the
 * caller's own once its bytes are coming, so that they are never copied.
 */
export class AnswerReader {
  readonly #scratch: Buffer;
  #state: State = 'done';
  #into: Uint8Array | null = null;
  #noBody = false;
  #filled = 0;
  /** Bytes still to come of a body of known length, or of a chunk. */
  #left = 0;
  #pending: Buffer[] = [];
  #pendingLength = 0;
  #chunks: Buffer[] = [];
  #head: { status: number; headers: Record<string, string> } | null = null;
  #keepAlive = false;
  /** Whether anything of the answer has come. */
  begun = false;

  constructor(scratch: Buffer) {
    this.#scratch = scratch;
  }

  /** Prepares for the next answer. @param into where the body of a 2xx goes; it must be exactly as long */
  expect(method: string, into: Uint8Array | null): void {
    this.#state = 'head';
    this.#into = into;
    this.#noBody = method === 'HEAD';
    this.#filled = 0;
    this.#pending = [];
    this.#pendingLength = 0;
    this.#chunks = [];
    this.#head = null;
    this.begun = false;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  get keepAlive(): boolean {
    return this.#keepAlive;
  }

  /** Where the next bytes go. */
  next(): Uint8Array {
    if (this.#state === 'fixed' && this.#into !== null) {
      return this.#into.subarray(this.#filled, this.#filled + this.#left);
    }
    return this.#scratch;
  }

  /** Takes what was read into a buffer that `next` named. @throws AnswerError */
  take(bytes: Uint8Array): void {
    this.begun = true;
    if (this.#state === 'fixed' && this.#into !== null && bytes.buffer === this.#into.buffer) {
      this.#filled += bytes.byteLength;
      this.#left -= bytes.byteLength;
      if (this.#left === 0) this.#state = 'done';
      return;
    }
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (rest.byteLength > 0) {
      if (this.#state === 'done') throw new AnswerError('more came than the answer has');
      rest = this.#step(rest);
    }
  }

  /** The connection ended. @returns whether that ends the answer as it should */
  end(): boolean {
    if (this.#state === 'to-end' && (this.#into === null || this.#filled === this.#into.byteLength))
      this.#state = 'done';
    return this.#state === 'done';
  }

  answer(): Answer {
    if (this.#head === null) throw new AnswerError('no answer');
    return { ...this.#head, body: Buffer.concat(this.#chunks) };
  }

  #step(bytes: Buffer): Buffer {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes);
      case 'fixed':
      case 'chunk': {
        const part = bytes.subarray(0, this.#left);
        this.#keep(part);
        this.#left -= part.byteLength;
        if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'chunk-end' : 'done';
        return bytes.subarray(part.byteLength);
      }
      case 'to-end':
        this.#keep(bytes);
        return bytes.subarray(bytes.byteLength);
      case 'chunk-size':
        return this.#line(bytes, (line) => {
          const size = Number.parseInt(line.split(';', 1)[0] ?? '', 16);
          if (!(size >= 0)) throw new AnswerError(`a chunk of "${line.slice(0, 20)}" bytes`);
          this.#left = size;
          this.#state = size === 0 ? 'trailer' : 'chunk';
        });
      case 'chunk-end':
        return this.#line(bytes, () => {
          this.#state = 'chunk-size';
        });
      default:
        return this.#line(bytes, (line) => {
          if (line !== '') return;
          if (this.#into !== null && this.#filled !== this.#into.byteLength) throw this.#wrongLength(this.#filled);
          this.#state = 'done';
        });
    }
  }

  /** Up to the end of a line, which may come in pieces. */
  #line(bytes: Buffer, use: (line: string) => void): Buffer {
    const end = bytes.indexOf(0x0a);
    this.#hold(end < 0 ? bytes : bytes.subarray(0, end + 1), MAX_HEAD);
    if (end < 0) return bytes.subarray(bytes.byteLength);
    use(this.#held().toString('latin1').trimEnd());
    return bytes.subarray(end + 1);
  }

  #readHead(bytes: Buffer): Buffer {
    const before = this.#pendingLength;
    const all = before === 0 ? bytes : Buffer.concat([...this.#pending, bytes]);
    const end = all.indexOf(HEAD_END);
    if (end < 0) {
      this.#hold(bytes, MAX_HEAD);
      return bytes.subarray(bytes.byteLength);
    }
    this.#pending = [];
    this.#pendingLength = 0;
    const rest = all.subarray(end + HEAD_END.byteLength);
    this.#understand(all.toString('latin1', 0, end));
    // `all` may be a copy, `rest` with it: it is taken at once
    return rest;
  }

  #understand(text: string): void {
    const lines = text.split('\r\n');
    const first = /^HTTP\/1\.([01]) (\d{3})/.exec(lines[0] ?? '');
    if (first === null) throw new AnswerError(`"${(lines[0] ?? '').slice(0, 40)}" is not the begin of an HTTP answer`);
    const status = Number(first[2]);
    // 100 Continue and 103 Early Hints come before the answer
    if (status < 200) return;
    const headers: Record<string, string> = {};
    for (const line of lines.slice(1)) {
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
    }
    this.#head = { status, headers };
    const connection = headers.connection?.toLowerCase() ?? '';
    this.#keepAlive = first[1] === '1' ? !connection.includes('close') : connection.includes('keep-alive');
    if (status >= 300) this.#into = null;
    this.#begin(status, headers);
  }

  #begin(status: number, headers: Record<string, string>): void {
    if (this.#noBody || status === 204 || status === 304) {
      this.#state = 'done';
      return;
    }
    if (headers['transfer-encoding']?.toLowerCase().includes('chunked')) {
      this.#state = 'chunk-size';
      return;
    }
    const length = headers['content-length'];
    if (length === undefined) {
      this.#keepAlive = false;
      this.#state = 'to-end';
      return;
    }
    this.#left = Number(length);
    if (!Number.isSafeInteger(this.#left) || this.#left < 0) throw new AnswerError(`a Content-Length of "${length}"`);
    if (this.#into !== null && this.#left !== this.#into.byteLength) throw this.#wrongLength(this.#left);
    this.#state = this.#left === 0 ? 'done' : 'fixed';
  }

  #keep(bytes: Buffer): void {
    const into = this.#into;
    if (into !== null) {
      if (this.#filled + bytes.byteLength > into.byteLength) throw this.#wrongLength(this.#filled + bytes.byteLength);
      into.set(bytes, this.#filled);
      this.#filled += bytes.byteLength;
      return;
    }
    this.#filled += bytes.byteLength;
    if (this.#filled > MAX_BODY) throw new AnswerError(`an answer of more than ${MAX_BODY} bytes`);
    // the scratch buffer is read into again
    this.#chunks.push(Buffer.from(bytes));
  }

  #hold(bytes: Buffer, most: number): void {
    this.#pendingLength += bytes.byteLength;
    if (this.#pendingLength > most) throw new AnswerError(`a head of more than ${most} bytes`);
    this.#pending.push(Buffer.from(bytes));
  }

  #held(): Buffer {
    const all = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingLength = 0;
    return all;
  }

  #wrongLength(came: number): AnswerError {
    const message = `${came} bytes came where ${this.#into?.byteLength} were asked for`;
    return new AnswerError(message, this.#head?.status);
  }
}
