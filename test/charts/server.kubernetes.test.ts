import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { kubernetesTools, type Ran, runProgram } from '../counterparts/helm.ts';
import { type ControlPlane, startControlPlane } from '../kubernetes/control-plane.ts';
import { documentedCases } from './shared/cases.ts';
import { customResourceDefinitions } from './shared/crds.ts';
import type { Manifest } from './shared/manifests.ts';
import { render, renderText } from './shared/render.ts';

const NAMESPACE = 'geo';

/** A control plane without nodes: objects are judged, and no pod ever runs. */
let plane: ControlPlane;
let kubectl: (args: string[], input?: string) => Promise<Ran>;

before(async () => {
  // nobody asks it at this address, which must not be loopback's
  plane = await startControlPlane({ address: '192.0.2.2', serviceRange: '10.98.0.0/16', serviceAddress: '10.98.0.1' });
  const tools = await kubernetesTools();
  kubectl = (args, input) =>
    runProgram(tools.kubectl, args, {
      env: { KUBECONFIG: plane.kubeconfig },
      ...(input === undefined ? {} : { input }),
    });
  const labels = {
    'pod-security.kubernetes.io/enforce': 'restricted',
    // what would be refused is told as a warning already where a Deployment is made
    'pod-security.kubernetes.io/warn': 'restricted',
  };
  await plane.client.create('/api/v1/namespaces', { metadata: { name: NAMESPACE, labels } });
  const applied = await kubectl(['apply', '--server-side', '-f', await customResourceDefinitions()]);
  assert.equal(applied.code, 0, applied.stderr);
  await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
});
after(() => plane.stop());

const cases = documentedCases();

for (const { chart, title, inputs } of cases)
  test(`a real API server takes charts/${chart} with ${title}, and finds nothing against it`, async () => {
    const manifests = await renderText(chart, { ...inputs, namespace: NAMESPACE });
    await createAccounts(await render(chart, { ...inputs, namespace: NAMESPACE }));
    const command = ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'];
    const { code, stderr } = await kubectl(command, manifests);
    assert.equal(stderr.trim(), '');
    assert.equal(code, 0);
  });

/** A pod is taken only where its account is; a dry run makes none. */
async function createAccounts(objects: readonly Manifest[]): Promise<void> {
  for (const { kind, spec } of objects) {
    const name = (spec as { serviceAccountName?: string } | undefined)?.serviceAccountName;
    if (kind !== 'Pod' || name === undefined) continue;
    const path = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`;
    if ((await plane.client.find(`${path}/${name}`)) === null) await plane.client.create(path, { metadata: { name } });
  }
}
