import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Case, documentedCases, renderCase } from './shared/cases.ts';
import { inconsistencies } from './shared/consistency.ts';
import { type Manifest, ofKind, type Workload, workloads } from './shared/manifests.ts';
import { containersOf, longRunningContainers, restrictedFaults } from './shared/pod-security.ts';
import { KUBERNETES, readPage, render } from './shared/render.ts';
import { leakedSecrets, type Reference, references, unfulfilled } from './shared/secrets.ts';
import { sharedVolumes } from './shared/storage.ts';

/** The one process that talks to the Kubernetes API, on behalf of its aggregator. */
const WITH_TOKEN = /-external-metrics$/;

const cases = documentedCases();

/** A test over every documented case; what it finds wrong is told with the case it is in. */
function inEveryCase(name: string, faults: (manifests: Manifest[], of: Case) => string[] | Promise<string[]>): void {
  test(name, async () => {
    const found = await Promise.all(
      cases.map(async (one) => {
        const wrong = await faults(await renderCase(one, KUBERNETES[1]), one);
        return wrong.map((fault) => `${one.chart}, ${one.title}: ${fault}`);
      }),
    );
    assert.deepEqual(found.flat(), []);
  });
}

/** The same, workload by workload. */
function ofEveryPod(name: string, faults: (workload: Workload) => string[]): void {
  inEveryCase(name, (manifests) =>
    workloads(manifests).flatMap((workload) =>
      faults(workload).map((fault) => `${workload.kind} ${workload.name}: ${fault}`),
    ),
  );
}

test('there are examples of both charts to look at', () => {
  for (const chart of ['geosluice', 'geonode'])
    assert.ok(cases.filter((one) => one.chart === chart).length >= 3, `few values of charts/${chart} are documented`);
});

ofEveryPod('every pod passes the Pod Security Standard "restricted"', ({ template }) => restrictedFaults(template));

ofEveryPod('every container has a read-only root', ({ template }) =>
  containersOf(template.spec)
    .filter(({ securityContext }) => securityContext?.readOnlyRootFilesystem !== true)
    .map(({ name }) => `container ${name} may write to its root`),
);

inEveryCase('no volume is ReadWriteMany, and none is mounted by two workloads', sharedVolumes);

ofEveryPod('only the process that serves external metrics has a token of the API', ({ name, template }) => {
  const { automountServiceAccountToken, volumes = [] } = template.spec ?? {};
  const projected = volumes.some((volume) =>
    volume.projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken !== undefined),
  );
  if (WITH_TOKEN.test(name)) return [];
  return [
    ...(automountServiceAccountToken === false ? [] : ['a token is mounted']),
    ...(projected ? ['a token is projected'] : []),
  ];
});

inEveryCase('no ServiceAccount hands out its token by itself', (manifests) =>
  ofKind(manifests, 'ServiceAccount')
    .filter(({ automountServiceAccountToken }) => automountServiceAccountToken !== false)
    .map(({ metadata }) => `ServiceAccount ${metadata?.name}`),
);

ofEveryPod('no pod gets the addresses of all services as environment variables', ({ template }) =>
  template.spec?.enableServiceLinks === false ? [] : ['enableServiceLinks is not false'],
);

ofEveryPod('every container says what it needs, and how much memory it may have', ({ template }) =>
  containersOf(template.spec)
    .filter(
      ({ resources }) =>
        resources?.requests?.cpu === undefined ||
        resources.requests.memory === undefined ||
        resources.limits?.memory === undefined,
    )
    .map(({ name }) => `container ${name} lacks a request or a limit of memory`),
);

ofEveryPod('every container that runs on is watched by a liveness or a readiness probe', ({ longRunning, template }) =>
  longRunning
    ? longRunningContainers(template.spec)
        .filter(({ livenessProbe, readinessProbe }) => livenessProbe === undefined && readinessProbe === undefined)
        .map(({ name }) => `container ${name} has no probe`)
    : [],
);

ofEveryPod('every pod that runs on becomes ready only by a probe', ({ longRunning, template }) =>
  !longRunning || longRunningContainers(template.spec).some(({ readinessProbe }) => readinessProbe !== undefined)
    ? []
    : ['no container has a readiness probe'],
);

ofEveryPod('every image has a tag, and none is "latest"', ({ template }) =>
  containersOf(template.spec)
    .filter(({ image = '' }) => !/^[^\s@]+:[\w][\w.-]*$/.test(image) || image.endsWith(':latest'))
    .map(({ name, image }) => `container ${name} is of ${image}`),
);

inEveryCase('no secret stands anywhere but in Secrets', (manifests) => leakedSecrets(manifests));

inEveryCase('selectors, ports, budgets, autoscalers and labels fit together', inconsistencies);

inEveryCase(
  'what pods need to start is in the release, in the values or in the release beside it',
  async (manifests, of) => {
    const missing = unfulfilled(references(manifests), manifests).filter((wanted) => !isNamed(wanted, of));
    const beside = missing.length === 0 ? [] : await neighbours(manifests, of);
    return unfulfilled(missing, beside).map(({ kind, name, key = '', by }) => `${by} needs ${kind} ${name} ${key}`);
  },
);

/** Whether the reader of the values names this object: it is the reader's to make, as the values say. */
function isNamed({ name }: Reference, { inputs }: Case): boolean {
  const texts = [...(inputs.files ?? []).map(readPage), JSON.stringify(inputs.values ?? {})];
  return texts.some((text) => new RegExp(`[\\s"']${name}["'\\s,}]`).test(`${text}\n`));
}

/** The geonode release that stands beside workers. */
async function neighbours(manifests: readonly Manifest[], { chart }: Case): Promise<Manifest[]> {
  if (chart !== 'geosluice') return [...manifests];
  return render('geonode', { release: 'geonode', namespace: 'geo' });
}
