import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createGatewayClient } from '@geosluice/gateway-api';
import { openPipeline } from '@geosluice/pipeline';
import { type RedisServer, startRedis } from '../../../test/counterparts/redis.ts';
import { sha256 } from './testing/open-gateway.ts';

const signal = AbortSignal.timeout(120_000);
const KEY = 'key-of-the-test';
let redis: RedisServer;

before(async () => {
  redis = await startRedis({ config: {} });
});
after(() => redis.stop());

/** The gateway as a process of its own; `saw` waits for a text in what it says. */
function start(env: Record<string, string>) {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      ...{ PATH: process.env.PATH, GEOSLUICE_REDIS_URL: redis.url, GEOSLUICE_S3_BUCKET: 'store' },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', GEOSLUICE_ALLOW_BUCKETS: 'inbox,store' },
      ...{ GEOSLUICE_GATEWAY_HOST: '127.0.0.1', GEOSLUICE_KEYS: `test:admin:${sha256(KEY)}` },
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let told = Promise.withResolvers<void>();
  const tell = (): void => {
    told.resolve();
    told = Promise.withResolvers();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
      tell();
    });
  }
  const ended = once(child, 'close').then(([code]) => {
    tell();
    return code as number | null;
  });
  return {
    child,
    ended,
    output: () => output,
    async saw(text: string) {
      while (!output.includes(text)) {
        if (child.exitCode !== null) throw new Error(`ended before "${text}": ${output}`);
        await told.promise;
      }
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

test('the process serves its configured watches, counts what it does, and ends in order with followers open', async (t) => {
  const port = await freePort();
  const { child, ended, output, saw } = start({
    GEOSLUICE_GATEWAY_PORT: String(port),
    GEOSLUICE_WATCHES: '[{"id": "inbox", "source": "s3://inbox", "intervalSeconds": 3600}]',
  });
  t.after(() => child.kill('SIGKILL'));
  await saw('Process:Start:Done');
  const url = `http://127.0.0.1:${port}`;
  const client = createGatewayClient({ url, key: KEY });
  assert.deepEqual(
    (await client.watches(signal)).map(({ id, source }) => [id, source]),
    [['inbox', 's3://inbox/']],
  );
  const key = (name: string) => ({
    eventName: 's3:ObjectCreated:Put',
    s3: { bucket: { name: 'inbox' }, object: { key: name } },
  });
  const other = { ...key('x.tif'), s3: { bucket: { name: 'other' }, object: { key: 'x.tif' } } };
  const hinted = await fetch(`${url}/v1/events/s3`, {
    ...{ method: 'POST', signal, headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' } },
    body: JSON.stringify({ Records: [key('a.tif'), other] }),
  });
  assert.deepEqual(await hinted.json(), { hinted: 1, ignored: 1 });

  const stream = await fetch(`${url}/v1/events`, { headers: { authorization: `Bearer ${KEY}` }, signal });
  const metrics = await (await fetch(`${url}/metrics`, { signal })).text();
  assert.match(metrics, /^geosluice_notifications_total\{outcome="hinted"\} 1$/m);
  assert.match(metrics, /^geosluice_notifications_total\{outcome="ignored"\} 1$/m);
  assert.match(metrics, /^geosluice_event_followers 1$/m);
  assert.match(metrics, /^geosluice_http_request_seconds_count\{method="GET",route="\/v1\/watches",status="200"\} 1$/m);
  assert.match(metrics, /^geosluice_queue_jobs\{stage="discover",state="\w+"\} \d+$/m);

  child.kill('SIGTERM');
  assert.equal(await ended, 0, output());
  await assert.doesNotReject(stream.text(), 'the stream was ended, not cut');
  assert.doesNotMatch(output(), new RegExp(KEY));
});

test('a watch that would find what is written stops the start, and the whole list is told', async () => {
  const { ended, output } = start({
    GEOSLUICE_GATEWAY_PORT: '0',
    GEOSLUICE_WATCHES: '[{"id": "loop", "source": "s3://store/"}, {"id": "secret", "source": "s3://secret/"}]',
  });
  assert.equal(await ended, 2);
  assert.match(output(), /watch loop: s3:\/\/store\/ contains the output prefix[\s\S]*watch secret: .*not allowed/);
});

test('a stored watch that a new configuration makes wrong is told, and the gateway serves', async (t) => {
  const pipeline = await openPipeline({ redisUrl: redis.url, prefix: 'earlier' });
  await pipeline.watches.put({ id: 'old', source: 's3://store/', options: {}, intervalSeconds: 3600 });
  await pipeline.close();
  const { child, ended, output, saw } = start({ GEOSLUICE_GATEWAY_PORT: '0', GEOSLUICE_REDIS_PREFIX: 'earlier' });
  t.after(() => child.kill('SIGKILL'));
  await saw('Process:Start:Done');
  assert.match(
    output(),
    /"watch":"old","problem":"s3:\/\/store\/ contains the output prefix.*"msg":"Watch:Review:Wrong"/,
  );
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('a port that is taken ends the process, with nothing left open to hold it', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const { ended, output } = start({ GEOSLUICE_GATEWAY_PORT: String(port) });
  assert.equal(await ended, 1);
  assert.match(output(), /EADDRINUSE/);
});
