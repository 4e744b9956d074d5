import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { billOfMaterials } from './sbom.ts';

const root = mkdtempSync(join(tmpdir(), 'geosluice-sbom-'));
after(() => rmSync(root, { recursive: true }));

function install(name: string, manifest: object): void {
  const folder = join(root, 'node_modules/.pnpm/x/node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', ...manifest }));
}
writeFileSync(join(root, 'package.json'), JSON.stringify({ name: 'geosluice', version: '0.1.0' }));
install('plain', { license: 'MIT' });
install('@scope/inner', { license: '(MIT OR Apache-2.0)' });
install('old', { license: { type: 'ISC' } });
install('nameless', {});

const FILES = [
  'packages/jobs/src/index.ts',
  'node_modules/.pnpm/x/node_modules/plain/lib/a.js',
  'node_modules/.pnpm/x/node_modules/plain/lib/b.js',
  'node_modules/.pnpm/x/node_modules/@scope/inner/index.js',
  'node_modules/.pnpm/x/node_modules/old/index.js',
  'node_modules/.pnpm/x/node_modules/nameless/index.js',
];

test('each package whose file is bundled is in the bill once, with its version, purl and licence', () => {
  const { components, metadata, dependencies } = billOfMaterials(root, 'geosluice-upload', FILES);
  assert.equal(metadata.component.name, 'geosluice-upload');
  assert.equal(metadata.component.version, '0.1.0');
  assert.deepEqual(
    components.map(({ purl, licenses }) => [purl, licenses]),
    [
      ['pkg:npm/%40scope/inner@1.2.3', [{ expression: 'MIT OR Apache-2.0' }]],
      ['pkg:npm/nameless@1.2.3', undefined],
      ['pkg:npm/old@1.2.3', [{ license: { id: 'ISC' } }]],
      ['pkg:npm/plain@1.2.3', [{ license: { id: 'MIT' } }]],
    ],
  );
  assert.equal(components[0]?.group, '@scope');
  assert.deepEqual(
    dependencies[0]?.dependsOn,
    components.map((one) => one['bom-ref']),
  );
});

test('the same files give the same bill, others another serial number', () => {
  const bill = billOfMaterials(root, 'geosluice-upload', FILES);
  assert.deepEqual(billOfMaterials(root, 'geosluice-upload', FILES.toReversed()), bill);
  assert.match(bill.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(billOfMaterials(root, 'geosluice-upload', FILES.slice(0, 2)).serialNumber, bill.serialNumber);
});
