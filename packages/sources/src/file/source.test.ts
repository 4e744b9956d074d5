import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FileLocation } from '@geosluice/jobs';
import { type Bench, rejectsWith, sourceConformance } from '../../test/conformance.ts';
import { openSources, type Source } from '../index.ts';

const NEVER = new AbortController().signal;
const at = (path: string): FileLocation => ({ kind: 'file', path });

async function start(): Promise<Bench & { root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'geosluice-files-'));
  const sources = openSources({ allow: { buckets: [], hosts: [], roots: [root] } });
  let clock = Date.now();
  return {
    root,
    source: sources.for(at(root)),
    at: (path) => at(join(root, path)),
    async put(path, bytes) {
      const file = join(root, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes);
      // two writes within a tick of the kernel's clock would have one time
      clock += 1000;
      await utimes(file, new Date(clock), new Date(clock));
    },
    async forbid(path) {
      const file = join(root, path);
      await chmod(file, 0);
      // root may read everything
      const user = process.geteuid?.() ?? 0;
      if (user === 0) process.seteuid?.(65_534);
      return {
        source: sources.for(at(file)),
        async giveBack() {
          process.seteuid?.(user);
          await chmod(file, 0o600);
        },
      };
    },
    async stop() {
      await sources.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

sourceConformance('a file source', start, {
  lists: true,
  findsAll: true,
  removes: true,
  oddNames: [
    'plain.tif',
    'a b+c%41.tif',
    'a#b?c.tif',
    'é.tif'.normalize('NFC'),
    'é.tif'.normalize('NFD'),
    '🌍.tif',
    'new\nline.tif',
    'back\\slash.tif',
    `quote'".tif`,
    ' lead.tif',
    `${'n'.repeat(251)}.tif`,
  ],
});

describe('a file source', () => {
  let bench: Bench & { root: string };
  let source: Source;
  before(async () => {
    bench = await start();
    source = bench.source;
  });
  after(() => bench?.stop());

  it('settles by two looks', () => assert.equal(source.settles, 'two-looks'));

  it('follows links within its roots and none that lead out, by whatever way', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'geosluice-outside-'));
    try {
      await writeFile(join(outside, 'secret.tif'), 'secret');
      await bench.put('links/a.tif', Buffer.from('raster'));
      await symlink(join(outside, 'secret.tif'), join(bench.root, 'links/out.tif'));
      await symlink(outside, join(bench.root, 'links/folder'));
      await symlink('a.tif', join(bench.root, 'links/in.tif'));
      const page = await source.list(bench.at('links/'), { signal: NEVER });
      assert.deepEqual(
        page.candidates.map(({ raster }) => raster.location),
        [bench.at('links/a.tif'), bench.at('links/in.tif')],
      );
      assert.deepEqual(page.prefixes, [], 'links to folders are not followed');
      for (const path of [
        join(bench.root, 'links/out.tif'),
        join(bench.root, 'links/folder/secret.tif'),
        `${bench.root}/../${outside.slice(outside.lastIndexOf('/') + 1)}/secret.tif`,
        join(outside, 'secret.tif'),
        `${bench.root}-not/a.tif`,
      ]) {
        await rejectsWith('SOURCE_NOT_ALLOWED', () => source.look(at(path), NEVER));
        await rejectsWith('SOURCE_NOT_ALLOWED', () => source.open(at(path), { size: 6 }, NEVER));
        await rejectsWith('SOURCE_NOT_ALLOWED', () => source.read(at(path), undefined, { maxBytes: 9, signal: NEVER }));
      }
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('takes a missing root for a mount that is away, and a missing folder for gone', async () => {
    const sources = openSources({ allow: { buckets: [], hosts: [], roots: ['/no/such/root'] } });
    const missing = at('/no/such/root/a.tif');
    assert.equal((await rejectsWith('SOURCE_AWAY', () => sources.for(missing).look(missing, NEVER))).means, 'retry');
    await rejectsWith('SOURCE_GONE', () => source.list(bench.at('no-such-folder/'), { signal: NEVER }));
  });

  it('neither waits at a pipe nor reads a folder', async () => {
    await mkdir(join(bench.root, 'kinds-of'), { recursive: true });
    const made = spawnSync('mkfifo', [join(bench.root, 'kinds-of/pipe.tif')]);
    assert.equal(made.status, 0);
    await mkdir(join(bench.root, 'kinds-of/folder.tif'));
    for (const name of ['pipe.tif', 'folder.tif']) {
      await rejectsWith('INVALID_OPTIONS', () => source.look(bench.at(`kinds-of/${name}`), NEVER));
      await rejectsWith('INVALID_OPTIONS', () => source.open(bench.at(`kinds-of/${name}`), { size: 1 }, NEVER));
    }
    const page = await source.list(bench.at('kinds-of/'), { signal: NEVER });
    assert.deepEqual(page.candidates, []);
    assert.deepEqual(page.prefixes, [bench.at('kinds-of/folder.tif/')]);
  });

  it('passes over names that are no UTF-8, and counts them', async () => {
    await mkdir(join(bench.root, 'bytes'), { recursive: true });
    await writeFile(
      Buffer.concat([Buffer.from(join(bench.root, 'bytes/')), Buffer.from([0xff, 0xfe]), Buffer.from('.tif')]),
      'x',
    );
    await bench.put('bytes/good.tif', Buffer.from('x'));
    const page = await source.list(bench.at('bytes/'), { signal: NEVER });
    assert.equal(page.candidates.length, 1);
    assert.equal(page.skipped['not-a-raster'], 1);
  });

  it('notices a file that is replaced by renaming another over it', async () => {
    await bench.put('rename/a.tif', Buffer.from('first'));
    const { raster } = await source.look(bench.at('rename/a.tif'), NEVER);
    await bench.put('rename/b', Buffer.from('other'));
    await rename(join(bench.root, 'rename/b'), join(bench.root, 'rename/a.tif'));
    await rejectsWith('SOURCE_CHANGED', () => source.open(raster.location, raster.fingerprint, NEVER));
  });

  it('pages through a large folder without losing or repeating a raster, and counts the rest once', async () => {
    await mkdir(join(bench.root, 'many'), { recursive: true });
    const names = Array.from({ length: 2500 }, (_, i) => `r${String(i).padStart(5, '0')}.tif`);
    await Promise.all(
      [...names, 'notes.txt', 'r00000.xml', 'r02499.xml'].map((name) => writeFile(join(bench.root, 'many', name), 'x')),
    );
    const found: string[] = [];
    let [cursor, pages, others, described]: [string | undefined, number, number, number] = [undefined, 0, 0, 0];
    do {
      const page = await source.list(bench.at('many/'), { ...(cursor === undefined ? {} : { cursor }), signal: NEVER });
      for (const { raster, sidecars } of page.candidates) {
        found.push((raster.location as FileLocation).path);
        described += sidecars.length;
      }
      others += page.skipped['not-a-raster'];
      cursor = page.next ?? undefined;
      pages += 1;
    } while (cursor !== undefined);
    assert.deepEqual(
      found,
      names.map((name) => join(bench.root, 'many', name)),
    );
    assert.deepEqual([pages, others, described], [3, 1, 2]);
  });

  it('finds rasters without an extension by their first bytes, where that is asked for', async () => {
    await bench.put('magic/scene', Buffer.from('II*\0\x08\0\0\0'));
    await bench.put('magic/scene.xml', Buffer.from('<x/>'));
    await bench.put('magic/README', Buffer.from('read me please'));
    const sources = openSources({ allow: { buckets: [], hosts: [], roots: [bench.root] }, rules: { magic: true } });
    const page = await sources.for(bench.at('magic/')).list(bench.at('magic/'), { signal: NEVER });
    assert.deepEqual(
      page.candidates.map(({ raster, sidecars }) => [raster.location, sidecars.map(({ name }) => name)]),
      [[bench.at('magic/scene'), ['scene.xml']]],
    );
    assert.equal(page.skipped['not-a-raster'], 1);
  });
});
