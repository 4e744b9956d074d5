import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Floors of the house, from the ground up. A room may import only rooms of a lower floor. */
const FLOORS: ReadonlyArray<readonly string[]> = [
  ['jobs'],
  ['xml', 'gateway-api', 's3-wire'],
  [
    'rules',
    'sources',
    'geotiff',
    'metadata',
    'object-store',
    'geoserver',
    'geonode',
    'external-metrics',
    'reconcile',
    'service-kit',
  ],
  ['pipeline', 'stages'],
  ['cli', 'console'],
  ['service-wiring'],
  [
    'service-discover',
    'service-upload',
    'service-publish',
    'service-register',
    'service-gateway',
    'service-external-metrics',
  ],
  ['service-standalone'],
];
/** Rooms that only services may enter. */
const SERVICES_ONLY = new Set(['service-kit']);

interface Import {
  from: string;
  to: string;
  file: string;
}

function sources(): string[] {
  return globSync('{packages,services}/**/src/**/*.ts', { cwd: root, exclude: (name) => name.includes('node_modules') })
    .filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'))
    .sort();
}

function roomOf(file: string): string {
  const parts = file.split('/');
  if (parts[0] === 'services') return `service-${parts[1]}`;
  return parts[1] === 'formats' ? (parts[2] ?? '') : (parts[1] ?? '');
}

function imports(): Import[] {
  return sources().flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/from\s+'([^']+)'|import\('([^']+)'\)/g)].map((match) => ({
      from: roomOf(file),
      to: match[1] ?? match[2] ?? '',
      file,
    })),
  );
}

const ours = imports()
  .filter(({ to }) => to.startsWith('@geosluice/'))
  .map((arrow) => ({ ...arrow, to: arrow.to.slice('@geosluice/'.length) }));
const floorOf = (room: string) => FLOORS.findIndex((floor) => floor.includes(room));

test('every room has its floor', () => {
  assert.ok(ours.length > 50, `only ${ours.length} imports were found: is the pattern right?`);
  const unknown = new Set(
    sources()
      .map(roomOf)
      .filter((room) => floorOf(room) < 0),
  );
  assert.deepEqual([...unknown], []);
});

test('imports point down only, so there is no cycle between packages', () => {
  const upward = ours.filter(({ from, to }) => from !== to && floorOf(to) >= floorOf(from));
  assert.deepEqual(upward, []);
});

test('only services know the service kit', () => {
  const intruders = ours.filter(({ from, to }) => SERVICES_ONLY.has(to) && !from.startsWith('service-'));
  assert.deepEqual(intruders, []);
});

test('only the pipeline knows BullMQ and Redis', () => {
  const intruders = imports().filter(({ from, to }) => /^(bullmq|ioredis)/.test(to) && from !== 'pipeline');
  assert.deepEqual(intruders, []);
});

test('no file of the product reaches into another room by a path, or out of the project', () => {
  const strays = imports().filter(({ from, to, file }) => {
    if (!to.startsWith('.')) return false;
    const target = relative(root, join(root, dirname(file), to));
    return target.startsWith('..') || target.startsWith('test/') || roomOf(target) !== from;
  });
  assert.deepEqual(strays, []);
});

test('nothing is a default export', () => {
  const faulty = sources().filter((file) => /^export default/m.test(readFileSync(join(root, file), 'utf8')));
  assert.deepEqual(faulty, []);
});
