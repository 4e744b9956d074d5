import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { after, before, beforeEach, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { createAuthority } from '../../../test/counterparts/certificates.ts';
import { type ScriptedServer, startScripted } from '../testing/scripted-server.ts';
import { createS3Wire, type S3Wire, type WireOptions } from './wire.ts';

const MIB = 1024 * 1024;
const KEYS = { accessKeyId: 'key', secretAccessKey: 'secret' };
const bucket = 'b';

function clientOf(endpoint: string, more: Partial<S3ClientConfig> = {}): S3Client {
  return new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: KEYS, ...more });
}

function refuse(response: import('node:http').ServerResponse, status: number, code: string, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`);
}

suite('requests over a socket', () => {
  let server: ScriptedServer;
  let client: S3Client;
  let wire: S3Wire;
  const open = (options: WireOptions = {}): S3Wire => {
    wire.close();
    wire = createS3Wire(client, options);
    return wire;
  };
  before(async () => {
    server = await startScripted();
    client = clientOf(server.endpoint);
    wire = createS3Wire(client);
  });
  beforeEach(() => {
    server.requests.length = 0;
    server.answer = (_, response) => void response.end();
    open();
  });
  after(async () => {
    wire?.close();
    client?.destroy();
    await server?.close();
  });

  test('a body of any length arrives as it is, on one connection', async () => {
    const before = server.connections();
    for (const length of [0, 1, 64 * 1024, MIB, MIB + 1, 5 * MIB + 3]) {
      const body = randomBytes(length);
      await wire.request({ method: 'PUT', bucket, key: 'a b/ä+.tif', query: { partNumber: '1' }, body });
      const last = server.requests.at(-1);
      assert.equal(last?.url, '/b/a%20b/%C3%A4%2B.tif?partNumber=1');
      assert.equal(last?.headers['content-length'], `${length}`);
      assert.ok(last?.body.equals(body));
    }
    assert.equal(server.connections() - before, 1);
  });

  test('an object lands in the buffer, and one of another length is an error', async () => {
    const object = randomBytes(3 * MIB);
    server.answer = (_, response) => void response.end(object);
    const into = Buffer.alloc(object.byteLength);
    await wire.request({ method: 'GET', bucket, key: 'k', into });
    assert.ok(into.equals(object));
    const small = wire.request({ method: 'GET', bucket, key: 'k', into: Buffer.alloc(5) });
    await assert.rejects(small, { name: 'ERR_ANSWER', message: /3145728 bytes came where 5/ });
  });

  test('what the store refuses is told by its own code, and not tried again', async () => {
    server.answer = (_, response) => refuse(response, 403, 'AccessDenied');
    await assert.rejects(wire.request({ method: 'GET', bucket, key: 'k' }), { name: 'AccessDenied', status: 403 });
    server.answer = (_, response) => void response.writeHead(404).end();
    await assert.rejects(wire.request({ method: 'HEAD', bucket, key: 'k' }), { name: 'NotFound', status: 404 });
    assert.equal(server.requests.length, 2);
  });

  test('a kept connection that the server closed meanwhile costs neither an attempt nor an error', async () => {
    open({ attempts: 1 });
    await wire.request({ method: 'PUT', bucket, key: 'k', body: Buffer.from('a') });
    server.hangUp();
    // the farewell may come before the next request or after it was sent
    await wire.request({ method: 'PUT', bucket, key: 'k', body: Buffer.from('b') });
    server.answer = (request, response, number) => {
      if (number === 3) request.socket.destroy();
      else response.end();
    };
    await wire.request({ method: 'PUT', bucket, key: 'k', body: Buffer.from('c') });
    assert.equal(server.requests.at(-1)?.body.toString(), 'c');
  });

  for (const [status, code] of [
    [500, 'InternalError'],
    [503, 'SlowDown'],
    [503, 'ServiceUnavailable'],
    [400, 'RequestTimeout'],
  ] as const) {
    test(`${status} ${code} is tried again, with the whole body`, async () => {
      let asked = 0;
      open({
        onSlowDown: () => {
          asked += 1;
        },
      });
      server.answer = (_, response, number) => (number < 3 ? refuse(response, status, code) : void response.end());
      await wire.request({ method: 'PUT', bucket, key: 'k', body: Buffer.from('whole') });
      assert.deepEqual(
        server.requests.map(({ body }) => body.toString()),
        ['whole', 'whole', 'whole'],
      );
      assert.equal(asked, status === 503 ? 2 : 0);
      assert.deepEqual(wire.stats(), { sent: 5, received: 0, retries: 2, slowDowns: asked });
    });
  }

  test('it gives up after its attempts with what the store said last', async () => {
    open({ attempts: 2 });
    server.answer = (_, response) => refuse(response, 500, 'InternalError');
    await assert.rejects(wire.request({ method: 'GET', bucket, key: 'k' }), { name: 'InternalError', status: 500 });
    assert.equal(server.requests.length, 2);
  });

  test('a store that asks for more patience than half a minute is left to who called', async () => {
    server.answer = (_, response) => refuse(response, 503, 'SlowDown', { 'retry-after': '600' });
    await assert.rejects(wire.request({ method: 'GET', bucket, key: 'k' }), { name: 'SlowDown' });
    assert.equal(server.requests.length, 1);
  });

  test('a clock that differs is set right by the store, once, and stays so', async () => {
    const ahead = 20 * 60_000;
    server.answer = (request, response) => {
      const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(
        String(request.headers['x-amz-date']),
      ) as unknown as string[];
      const theirs = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
      const date = new Date(Date.now() + ahead);
      if (Math.abs(theirs - date.getTime()) < 15 * 60_000) response.end();
      else refuse(response, 403, 'RequestTimeTooSkewed', { date: date.toUTCString() });
    };
    await wire.request({ method: 'GET', bucket, key: 'k' });
    await wire.request({ method: 'GET', bucket, key: 'k' });
    assert.equal(server.requests.length, 3);
    server.answer = (_, response) => refuse(response, 403, 'RequestTimeTooSkewed');
    await assert.rejects(wire.request({ method: 'GET', bucket, key: 'k' }), { name: 'RequestTimeTooSkewed' });
    assert.equal(server.requests.length, 5, 'a store that never agrees is not asked for ever');
  });

  test('credentials that expire on the way are fetched anew, once for all who met their end', async () => {
    let issued = 0;
    const renewing = clientOf(server.endpoint, {
      credentials: async () => {
        issued += 1;
        await wait(20);
        return { ...KEYS, sessionToken: `token-${issued}` };
      },
    });
    const own = createS3Wire(renewing);
    try {
      let good = 'token-1';
      server.answer = (request, response) =>
        request.headers['x-amz-security-token'] === good ? void response.end() : refuse(response, 400, 'ExpiredToken');
      const put = () => own.request({ method: 'PUT', bucket, key: 'k', body: Buffer.from('x') });
      await put();
      good = 'token-2';
      await Promise.all([put(), put(), put(), put()]);
      assert.equal(issued, 2);
      good = 'none';
      await assert.rejects(put(), { name: 'ExpiredToken' });
    } finally {
      own.close();
      renewing.destroy();
    }
  });

  test('a server that takes the request and says nothing is given up', async () => {
    open({ attempts: 2, answerMs: 100 });
    server.answer = () => {};
    const begun = wire.request({ method: 'PUT', bucket, key: 'k', body: Buffer.from('x') });
    await assert.rejects(begun, { name: 'TimeoutError', message: /no answer within 0.1 s/ });
    assert.equal(server.requests.length, 2);
  });

  test('an object that trickles is given up, one that comes steadily is not', async () => {
    open({ attempts: 1, stallMs: 150, slowest: 10_000 });
    const into = Buffer.alloc(100_000);
    const drip = (bytes: number) => (_: unknown, response: import('node:http').ServerResponse) => {
      response.writeHead(200, { 'content-length': '100000' });
      let left = 100_000;
      const timer = setInterval(() => {
        response.write(Buffer.alloc(Math.min(bytes, left)));
        left -= bytes;
        if (left <= 0) clearInterval(timer);
      }, 20);
      response.on('close', () => clearInterval(timer));
    };
    server.answer = drip(10);
    await assert.rejects(wire.request({ method: 'GET', bucket, key: 'k', into }), { name: 'TimeoutError' });
    server.answer = drip(5_000);
    await wire.request({ method: 'GET', bucket, key: 'k', into });
  });

  test('an abort ends the request at once with its reason, and the connection with it', async () => {
    server.answer = () => {};
    const stop = new AbortController();
    const reason = new Error('shutdown');
    setTimeout(() => stop.abort(reason), 50);
    const begun = wire.request({ method: 'PUT', bucket, key: 'k', body: Buffer.alloc(MIB), signal: stop.signal });
    await assert.rejects(begun, (error) => error === reason);
    server.answer = (_, response) => void response.end();
    const before = server.connections();
    await wire.request({ method: 'PUT', bucket, key: 'k', body: Buffer.from('x') });
    assert.equal(server.connections() - before, 1);
  });

  test('no more connections than allowed, and who waits may leave', async () => {
    open({ maxSockets: 2 });
    const answers: Array<() => void> = [];
    server.answer = (_, response) => void answers.push(() => response.end());
    const all = [1, 2, 3, 4].map((n) => wire.request({ method: 'GET', bucket, key: `k${n}` }));
    const stop = new AbortController();
    const left = wire.request({ method: 'GET', bucket, key: 'left', signal: stop.signal });
    while (answers.length < 2) await wait(5);
    await wait(20);
    assert.equal(server.requests.length, 2);
    stop.abort(new Error('left'));
    await assert.rejects(left, /left/);
    while (server.requests.length < 4 || answers.length > 0) {
      answers.shift()?.();
      await wait(5);
    }
    await Promise.all(all);
    assert.ok(!server.requests.some(({ url }) => url.includes('left')));
  });

  test('bytes are held to a pace in both directions', async () => {
    let allowed = 0;
    const held: Array<() => void> = [];
    open({
      pace: (bytes) => {
        allowed += bytes;
        return new Promise((resolve) => held.push(resolve));
      },
    });
    const body = Buffer.alloc(3 * MIB);
    const sending = wire.request({ method: 'PUT', bucket, key: 'k', body });
    const letGo = async (until: Promise<unknown>): Promise<void> => {
      let done = false;
      void until.finally(() => {
        done = true;
      });
      while (!done) {
        held.shift()?.();
        await wait(1);
      }
    };
    await wait(50);
    assert.equal(allowed, MIB, 'nothing more goes out before its time');
    await letGo(sending);
    assert.equal(allowed, 3 * MIB);
    allowed = 0;
    server.answer = (_, response) => void response.end(body);
    const reading = wire.request({ method: 'GET', bucket, key: 'k', into: Buffer.alloc(3 * MIB) });
    await wait(50);
    assert.ok(allowed < 3 * MIB, 'reading pauses');
    await letGo(reading);
  });

  test('a header with a line break is refused', async () => {
    const headers = { 'x-amz-meta-a': 'x\r\nx-evil: 1' };
    await assert.rejects(wire.request({ method: 'PUT', bucket, key: 'k', headers }), TypeError);
    assert.equal(server.requests.length, 0);
  });
});

test('an answer that comes before the body was taken is heard', async () => {
  const sockets = new Set<Socket>();
  // takes the head, says no, and reads no further
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.pause();
      socket.write(
        'HTTP/1.1 403 Forbidden\r\nContent-Length: 38\r\n\r\n<Error><Code>AccessDenied</Code></Error>'.slice(0, 85),
      );
    });
  });
  server.listen(0, '127.0.0.1');
  const { promise, resolve } = Promise.withResolvers<void>();
  server.once('listening', resolve);
  await promise;
  const { port } = server.address() as { port: number };
  const client = clientOf(`http://127.0.0.1:${port}`);
  const wire = createS3Wire(client, { attempts: 1 });
  try {
    const put = wire.request({ method: 'PUT', bucket, key: 'k', body: Buffer.alloc(64 * MIB) });
    await assert.rejects(put, { status: 403 });
  } finally {
    wire.close();
    client.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

test('a store that is not there is told as the system tells it', async () => {
  const server = await startScripted();
  await server.close();
  const client = clientOf(server.endpoint);
  const wire = createS3Wire(client, { attempts: 2 });
  await assert.rejects(wire.request({ method: 'GET', bucket, key: 'k' }), { code: 'ECONNREFUSED' });
  wire.close();
  client.destroy();
});

test('over TLS bodies arrive and objects land the same way; a certificate nobody vouches for is refused', async () => {
  const authority = await createAuthority('wire');
  const trusted = getCACertificates('default');
  const server = await startScripted(await authority.issue('localhost', { hosts: ['localhost'] }));
  const client = clientOf(server.endpoint);
  const wire = createS3Wire(client, { attempts: 1 });
  try {
    const body = randomBytes(5 * MIB + 1);
    const put = () => wire.request({ method: 'PUT', bucket, key: 'k', body });
    await assert.rejects(put(), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    setDefaultCACertificates([...trusted, authority.cert]);
    await put();
    assert.ok(server.requests.at(-1)?.body.equals(body));
    server.answer = (_, response) => void response.end(body);
    const into = Buffer.alloc(body.byteLength);
    await wire.request({ method: 'GET', bucket, key: 'k', into });
    assert.ok(into.equals(body));
    assert.equal(server.connections(), 1);
  } finally {
    setDefaultCACertificates(trusted);
    wire.close();
    client.destroy();
    await server.close();
    await authority.remove();
  }
});
