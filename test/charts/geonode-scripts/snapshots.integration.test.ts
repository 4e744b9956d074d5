import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { S3_KINDS, type S3Server, startS3 } from '../../counterparts/s3.ts';
import { type RunningScript, runScript, startScript } from './script.ts';

const FIXTURE = join(import.meta.dirname, '../../fixtures/geoserver-security');
const TOKEN = 'a shared secret';

for (const kind of S3_KINDS) {
  describe(`snapshots of a data directory on ${kind}`, () => {
    let s3: S3Server;
    let root: string;
    let sidecar: RunningScript;
    let env: Record<string, string>;
    before(async () => {
      s3 = await startS3(kind);
      root = await mkdtemp(join(tmpdir(), 'geosluice-snapshots-'));
      await cp(FIXTURE, join(root, 'primary/security'), { recursive: true });
      await write('primary/global.xml', '<global/>');
      await write('primary/logs/geoserver.log', 'of this node only');
      for (let n = 0; n < 300; n += 1) await write(`primary/workspaces/w/s${n}/coveragestore.xml`, `<a>${n}</a>`);
      // more than one part of an upload, and nothing gzip makes small
      await write('primary/www/photo.jpg', randomBytes(20 * 1024 * 1024));
      env = {
        SNAPSHOT_TOKEN: TOKEN,
        SNAPSHOT_BUCKET: s3.bucket,
        SNAPSHOT_PREFIX: 'geoserver/snapshots',
        SNAPSHOT_KEEP: '2',
        S3_ENDPOINT: s3.endpoint,
        AWS_REGION: s3.region,
        AWS_ACCESS_KEY_ID: s3.accessKey,
        AWS_SECRET_ACCESS_KEY: s3.secretKey,
      };
      sidecar = await startScript(['snapshot.py', 'serve', '--data-dir', join(root, 'primary'), '--port', '0'], env);
      env.SNAPSHOT_URL = `http://127.0.0.1:${sidecar.port}`;
    });
    after(async () => {
      await sidecar?.stop();
      await s3?.stop();
      await rm(root, { recursive: true, force: true });
    });

    const write = async (path: string, data: string | Buffer): Promise<void> => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), data);
    };
    const catalog = async (folder: string): Promise<Map<string, string>> => {
      const found = new Map<string, string>();
      for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        const name = path.slice(join(root, folder).length + 1);
        if (!entry.isFile() || /^(\.geosluice|cluster|logs)\//.test(name)) continue;
        found.set(name, (await readFile(path)).toString('base64'));
      }
      return found;
    };
    const restore = (to: string, more: Record<string, string> = {}, timeout = '30') =>
      runScript(['snapshot.py', 'restore', '--data-dir', join(root, to), '--timeout', timeout], { ...env, ...more });

    test('the first replica comes before the first snapshot, from the primary itself', async () => {
      const { code, output } = await restore('first', { INSTANCE_NAME: 'replica-0' });
      assert.equal(code, 0, output);
      assert.match(output, /There is no snapshot yet/);
      assert.deepEqual(await catalog('first'), await catalog('primary'));
      const properties = await readFile(join(root, 'first/cluster/cluster.properties'), 'utf8');
      assert.match(properties, /^instanceName=replica-0$/m);
    });

    test('a replica holds the newest snapshot and what came and went since', async () => {
      const taken = await runScript(['snapshot.py', 'take'], env);
      assert.equal(taken.code, 0, taken.output);
      assert.match(taken.output, /Snapshot geoserver\/snapshots\/\S+\.tar\.gz: 3\d\d files, 2\d{7} bytes/);
      await write('primary/workspaces/w/new/coveragestore.xml', '<a>new</a>');
      await rm(join(root, 'primary/workspaces/w/s7'), { recursive: true });
      const { code, output } = await restore('second');
      assert.equal(code, 0, output);
      assert.match(output, /Restored 1 files from the primary/);
      assert.deepEqual(await catalog('second'), await catalog('primary'));
      assert.deepEqual((await readdir(join(root, 'second'))).includes('logs'), false);
    });

    test('only as many snapshots as asked for are kept, and the newest is a start with the primary away', async () => {
      for (let n = 0; n < 3; n += 1) assert.equal((await runScript(['snapshot.py', 'take'], env)).code, 0);
      assert.match(sidecar.output(), /Removed snapshot geoserver\/snapshots\//);
      const { code, output } = await restore('third', { SNAPSHOT_URL: 'http://127.0.0.1:9' }, '1');
      assert.equal(code, 0, output);
      assert.match(output, /Starting from the snapshot alone/);
      assert.deepEqual(await catalog('third'), await catalog('primary'));
      assert.doesNotMatch(output, /a shared secret/);
    });

    test('the sidecar ends at once when it is told to', async () => {
      const other = await startScript(['snapshot.py', 'serve', '--data-dir', join(root, 'second'), '--port', '0'], env);
      assert.equal(await other.stop(), 0);
    });
  });
}
