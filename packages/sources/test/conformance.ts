import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Fingerprint, Location } from '@geosluice/jobs';
import type { Candidate, ListPage, Source } from '../src/index.ts';
import { SourceError, type SourceErrorCode } from '../src/index.ts';

/** A place the suite can put files into, and the source that reads them. Paths are relative: `a.tif`, `deep/b.tif`. */
export interface Bench {
  source: Source;
  at(path: string): Location;
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** A source without the right to read one file, until it is given back. */
  forbid(path: string): Promise<{ source: Source; giveBack(): Promise<void> }>;
  stop(): Promise<void>;
}

export interface Abilities {
  /** Has listings. */
  lists: boolean;
  /** Finds every sidecar, not only the likely ones. */
  findsAll: boolean;
  /** Deletes files. */
  removes: boolean;
  /** Names of files that must survive the way there and back. */
  oddNames: readonly string[];
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const NEVER = new AbortController().signal;

export async function rejectsWith(code: SourceErrorCode, work: () => Promise<unknown>): Promise<SourceError> {
  let thrown: unknown;
  try {
    await work();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof SourceError, `expected SourceError ${code}, got ${String(thrown)}`);
  assert.equal(thrown.code, code, thrown.message);
  return thrown;
}

const rolesOf = ({ sidecars }: Candidate): string[] => sidecars.map(({ role, name }) => `${role} ${name}`);

/** What every source does, whatever lies behind it. */
export function sourceConformance(title: string, start: () => Promise<Bench>, can: Abilities): void {
  describe(title, () => {
    let bench: Bench;
    before(async () => {
      bench = await start();
    });
    after(() => bench?.stop());

    const listAll = async (prefix: string): Promise<ListPage[]> => {
      const pages: ListPage[] = [];
      for (let cursor: string | null = ''; cursor !== null && pages.length < 100; cursor = pages.at(-1)?.next ?? null) {
        const page = await bench.source.list(bench.at(prefix), {
          ...(cursor === '' ? {} : { cursor }),
          signal: NEVER,
        });
        pages.push(page);
      }
      return pages;
    };
    const fingerprintOf = async (path: string): Promise<Fingerprint> =>
      (await bench.source.look(bench.at(path), NEVER)).raster.fingerprint;

    it('looks at one raster and finds its sidecars in order of preference', async () => {
      await bench.put('look/a.tif', text('raster'));
      await bench.put('look/a.tif.xml', text('<by-name/>'));
      await bench.put('look/a.xml', text('<by-stem/>'));
      await bench.put('look/a.sld', text('<style/>'));
      await bench.put('look/other.xml', text('<other/>'));
      const candidate = await bench.source.look(bench.at('look/a.tif'), NEVER);
      assert.deepEqual(rolesOf(candidate), ['metadata a.xml', 'metadata a.tif.xml', 'style a.sld']);
      assert.equal(candidate.raster.fingerprint.size, 6);
      assert.equal(candidate.sized, true);
      assert.equal(candidate.sidecars[0]?.fingerprint.size, 10);
    });

    it('sees the same twice while nothing changes, and another fingerprint once it did', async () => {
      await bench.put('change/a.tif', text('one'));
      const first = await fingerprintOf('change/a.tif');
      assert.deepEqual(await fingerprintOf('change/a.tif'), first);
      await bench.put('change/a.tif', text('two'));
      assert.notDeepEqual(await fingerprintOf('change/a.tif'), first);
    });

    it('reads ranges exactly, also one of no bytes and the last byte', async () => {
      const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) % 251);
      await bench.put('range/a.tif', bytes);
      const location = bench.at('range/a.tif');
      assert.equal(await bench.source.ranged(location, NEVER), true);
      const reader = await bench.source.open(location, await fingerprintOf('range/a.tif'), NEVER);
      assert.equal(reader.size, bytes.length);
      for (const [offset, length] of [
        [0, 16],
        [131_071, 70_001],
        [bytes.length - 1, 1],
        [10, 0],
        [0, bytes.length],
      ] as const) {
        const target = new Uint8Array(length);
        await reader.readInto(offset, target);
        assert.deepEqual(target, bytes.slice(offset, offset + length), `${offset}+${length}`);
      }
      await assert.rejects(reader.readInto(bytes.length - 1, new Uint8Array(2)), RangeError);
      await reader.close?.();
    });

    it('notices on any range that the file changed, in size or not', async () => {
      for (const after of ['other bytes', 'same size!']) {
        await bench.put('pin/a.tif', text('first size'));
        const location = bench.at('pin/a.tif');
        const seen = await fingerprintOf('pin/a.tif');
        const reader = await bench.source.open(location, seen, NEVER);
        await reader.readInto(0, new Uint8Array(5));
        await bench.put('pin/a.tif', text(after));
        const error = await rejectsWith('SOURCE_CHANGED', () => reader.readInto(5, new Uint8Array(5)));
        assert.equal(error.means, 'supersede');
        await rejectsWith('SOURCE_CHANGED', () => bench.source.read(location, seen, { maxBytes: 100, signal: NEVER }));
        await reader.close?.();
      }
    });

    it('reads a small file whole and refuses a larger one', async () => {
      await bench.put('small/a.xml', text('<metadata/>'));
      const location = bench.at('small/a.xml');
      const { fingerprint } = (await bench.source.look(location, NEVER)).raster;
      const read = (maxBytes: number, pin?: Fingerprint) =>
        bench.source.read(location, pin, { maxBytes, signal: NEVER });
      assert.equal(new TextDecoder().decode(await read(11, fingerprint)), '<metadata/>');
      assert.equal(new TextDecoder().decode(await read(11)), '<metadata/>');
      assert.equal((await rejectsWith('SOURCE_TOO_LARGE', () => read(10))).means, 'reject');
    });

    it('streams a file from the first byte to the last', async () => {
      const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 253);
      await bench.put('stream/a.tif', bytes);
      const { body, length, fingerprint } = await bench.source.stream(bench.at('stream/a.tif'), NEVER);
      assert.equal(length, bytes.length);
      assert.deepEqual(fingerprint, await fingerprintOf('stream/a.tif'));
      const parts: Uint8Array[] = [];
      for await (const part of body) parts.push(part);
      assert.deepEqual(new Uint8Array(Buffer.concat(parts)), bytes);
    });

    it('says that a file is gone', async () => {
      const location = bench.at('gone/a.tif');
      const signal = NEVER;
      assert.equal((await rejectsWith('SOURCE_GONE', () => bench.source.look(location, signal))).means, 'reject');
      await rejectsWith('SOURCE_GONE', () => bench.source.read(location, undefined, { maxBytes: 9, signal }));
      await rejectsWith('SOURCE_GONE', async () => {
        const reader = await bench.source.open(location, { size: 10 }, signal);
        await reader.readInto(0, new Uint8Array(5));
      });
      await rejectsWith('SOURCE_GONE', async () => {
        for await (const _ of (await bench.source.stream(location, signal)).body) assert.fail('there is nothing');
      });
    });

    it('says that a file is forbidden, which is not the same as gone', async () => {
      await bench.put('forbidden/a.tif', text('secret'));
      const { source, giveBack } = await bench.forbid('forbidden/a.tif');
      const location = bench.at('forbidden/a.tif');
      try {
        const error = await rejectsWith('SOURCE_FORBIDDEN', async () => {
          const { raster } = await source.look(location, NEVER);
          await source.read(location, raster.fingerprint, { maxBytes: 100, signal: NEVER });
        });
        assert.equal(error.means, 'reject');
      } finally {
        await giveBack();
      }
    });

    it('ends with the reason of its signal', async () => {
      await bench.put('abort/a.tif', text('raster'));
      const reason = new Error('shutting down');
      const ended = AbortSignal.abort(reason);
      const location = bench.at('abort/a.tif');
      const fingerprint = await fingerprintOf('abort/a.tif');
      await assert.rejects(bench.source.look(location, ended), reason);
      const controller = new AbortController();
      const reader = await bench.source.open(location, fingerprint, controller.signal);
      controller.abort(reason);
      await assert.rejects(reader.readInto(0, new Uint8Array(3)), reason);
      await reader.close?.();
    });

    for (const name of can.oddNames) {
      it(`keeps the name ${JSON.stringify(name.length > 40 ? `${name.slice(0, 20)}…(${name.length})` : name)}`, async () => {
        const path = `odd/${name}`;
        await bench.put(path, text(name));
        const location = bench.at(path);
        if (can.lists) {
          const pages = await listAll(path.slice(0, path.lastIndexOf('/') + 1));
          const found = pages.flatMap(({ candidates }) => candidates.map(({ raster }) => raster.location));
          assert.ok(
            found.some((candidate) => JSON.stringify(candidate) === JSON.stringify(location)),
            `${JSON.stringify(location)} is not among ${JSON.stringify(found)}`,
          );
        }
        const { raster } = await bench.source.look(location, NEVER);
        const bytes = await bench.source.read(location, raster.fingerprint, { maxBytes: 4096, signal: NEVER });
        assert.equal(new TextDecoder().decode(bytes), name);
      });
    }

    if (can.findsAll) {
      it('finds every kind of sidecar, in any case', async () => {
        const names = [
          'B.TIF.AUX.XML',
          'B.TFW',
          'B.prj',
          'B.TIF.ovr',
          'B.tif.sha256',
          'B.md5',
          'B.Xml',
          'b.xml',
          'B2.xml',
        ];
        for (const name of names) await bench.put(`kinds/${name}`, text(name));
        await bench.put('kinds/B.TIF', text('raster'));
        const candidate = await bench.source.look(bench.at('kinds/B.TIF'), NEVER);
        assert.deepEqual(rolesOf(candidate), [
          'metadata B.Xml',
          'checksum B.tif.sha256',
          'checksum B.md5',
          'pam B.TIF.AUX.XML',
          'worldfile B.TFW',
          'projection B.prj',
          'overviews B.TIF.ovr',
        ]);
      });

      it('tells which rasters an event at a sidecar concerns', async () => {
        await bench.put('event/a.tif', text('raster'));
        await bench.put('event/a.tiff', text('raster'));
        const concerned = async (path: string): Promise<string[]> =>
          (await bench.source.rastersAt(bench.at(path), NEVER)).map((location) => JSON.stringify(location)).sort();
        const [tif, tiff] = [bench.at('event/a.tif'), bench.at('event/a.tiff')].map((at) => JSON.stringify(at));
        assert.deepEqual(await concerned('event/a.tif'), [tif]);
        assert.deepEqual(await concerned('event/a.xml'), [tif, tiff]);
        assert.deepEqual(await concerned('event/a.TIF.xml'), [tif]);
        assert.deepEqual(await concerned('event/b.xml'), []);
        assert.deepEqual(await concerned('event/a.tif.part'), []);
        assert.deepEqual(await concerned('event/._a.tif'), []);
      });
    }

    if (can.lists) {
      it('lists one level: rasters with their sidecars, folders to list next, and what it passed over', async () => {
        for (const name of [
          'a.tif',
          'a.xml',
          'b.TIFF',
          'b.TIFF.xml',
          'x.tif.part',
          '._a.tif',
          'notes.txt',
          'c.qml',
          'lone.xml',
        ]) {
          await bench.put(`list/${name}`, text(name));
        }
        await bench.put('list/empty.tif', text(''));
        await bench.put('list/deep/d.tif', text('deep'));
        await bench.put('list/.git/e.tif', text('deep'));
        const [page, ...more] = await listAll('list/');
        assert.ok(page !== undefined && more.length === 0);
        assert.deepEqual(
          page.candidates.map((candidate) => [candidate.raster.location, rolesOf(candidate)]),
          [
            [bench.at('list/a.tif'), ['metadata a.xml']],
            [bench.at('list/b.TIFF'), ['metadata b.TIFF.xml']],
            [bench.at('list/empty.tif'), []],
          ],
        );
        assert.deepEqual(page.prefixes, [bench.at('list/deep/')]);
        assert.deepEqual(
          page.orphans.map(({ name }) => name),
          ['lone.xml'],
        );
        assert.equal(page.skipped['zero-byte'], 1);
        assert.equal(page.skipped.ignored, 3);
        assert.equal(page.skipped.neighbour, 1);
        assert.equal(page.skipped['not-a-raster'], 1);
      });

      it('sees in a listing what it sees in a look, fingerprints of sidecars included', async () => {
        await bench.put('same/a.tif', text('raster'));
        await bench.put('same/a.xml', text('<a/>'));
        const [page] = await listAll('same/');
        const [listed] = page?.candidates ?? [];
        const looked = await bench.source.look(bench.at('same/a.tif'), NEVER);
        const identity = ({ fingerprint: { size, etag, modified } }: { fingerprint: Fingerprint }) => [
          size,
          etag ?? modified,
        ];
        assert.ok(listed !== undefined);
        assert.deepEqual(identity(listed.raster), identity(looked.raster));
        assert.deepEqual(listed.sidecars.map(identity), looked.sidecars.map(identity));
      });
    }

    if (can.removes) {
      it('deletes what it read, leaves alone what changed, and does not mind what is gone', async () => {
        await bench.put('remove/a.tif', text('first'));
        const location = bench.at('remove/a.tif');
        const first = await fingerprintOf('remove/a.tif');
        await bench.put('remove/a.tif', text('other'));
        await rejectsWith('SOURCE_CHANGED', () => bench.source.remove(location, first, NEVER));
        const second = await fingerprintOf('remove/a.tif');
        await bench.source.remove(location, second, NEVER);
        await rejectsWith('SOURCE_GONE', () => bench.source.look(location, NEVER));
        await bench.source.remove(location, second, NEVER);
      });
    } else {
      it('refuses to delete and to tag', async () => {
        await bench.put('remove/a.tif', text('first'));
        const pin = await fingerprintOf('remove/a.tif');
        await rejectsWith('INVALID_OPTIONS', () => bench.source.remove(bench.at('remove/a.tif'), pin, NEVER));
        await rejectsWith('INVALID_OPTIONS', () => bench.source.tag(bench.at('remove/a.tif'), pin, {}, NEVER));
      });
    }
  });
}
