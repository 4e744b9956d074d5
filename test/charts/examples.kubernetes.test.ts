import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { kubernetesTools, runProgram } from '../counterparts/helm.ts';
import { documentedCases, FURTHER_APIS, fencedBlocks, PAGES, renderCase } from './shared/cases.ts';
import { KUBERNETES, ROOT, valueArguments } from './shared/render.ts';
import { type Rendered, schemaErrors } from './shared/validate.ts';

const cases = documentedCases();

for (const { chart, title, inputs } of cases) {
  test(`helm lint --strict finds nothing in charts/${chart} with ${title}`, async () => {
    const { helm } = await kubernetesTools();
    for (const version of KUBERNETES) {
      const { code, stdout, stderr } = await runProgram(
        helm,
        [
          'lint',
          '--strict',
          '--kube-version',
          version,
          '--namespace',
          'geo',
          join(ROOT, 'charts', chart),
          ...valueArguments(inputs),
        ],
        inputs.values === undefined ? {} : { input: JSON.stringify(inputs.values) },
      );
      assert.equal(code, 0, `${version}: ${stdout}${stderr}`);
    }
  });
}

test('all documented values render to objects that the oldest and the newest Kubernetes know', async () => {
  const rendered: Rendered[] = [];
  for (const kubernetes of KUBERNETES) {
    for (const one of cases) {
      const manifests = await renderCase(one, kubernetes);
      assert.ok(manifests.length > 10, `${one.title} makes next to nothing`);
      rendered.push({ where: `${one.chart}, ${one.title}`, kubernetes, manifests });
    }
  }
  assert.deepEqual(await schemaErrors(rendered), []);
});

test('what is not Kubernetes’ own is made only where a cluster is said to have it, or where it is asked for', async () => {
  const own = cases.filter(({ title }) => title === 'default values');
  for (const one of own) {
    const manifests = await renderCase({ ...one, inputs: { ...one.inputs, apiVersions: [] } }, KUBERNETES[0]);
    const foreign = manifests.filter(({ apiVersion }) => FURTHER_APIS.some((api) => apiVersion === api));
    assert.deepEqual(
      foreign.map(({ kind }) => kind),
      [],
      one.chart,
    );
  }
});

test('every YAML block of the documentation is an object of Kubernetes, or says what it is', () => {
  const unclear = PAGES.flatMap(fencedBlocks).filter(
    ({ info, text }) => /^ya?ml$/.test(info) && !/^apiVersion:/m.test(text),
  );
  assert.deepEqual(
    unclear.map(({ page, line }) => `${page}:${line}`),
    [],
    'write ```yaml charts/geosluice, ```yaml charts/geonode, or what else it is',
  );
});
