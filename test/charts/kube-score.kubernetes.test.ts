import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from '../counterparts/helm.ts';
import { documentedCases } from './shared/cases.ts';
import { kubeScore } from './shared/kube-score.ts';
import { KUBERNETES, renderText } from './shared/render.ts';

/** Rules of kube-score that are not ours, and why. */
const NOT_OURS: Record<string, string> = {
  'container-image-pull-policy': 'tags are versions that never move; Always would need the registry at each start',
  'container-ephemeral-storage-request-and-limit': 'a read-only root leaves emptyDirs and stdout, which nodes bound',
  'container-security-context-user-group-id': 'PostGIS, Redis and MinIO keep the user their images are made for',
  'statefulset-has-servicename': 'databases of one pod are reached by their Service, nobody asks for the pod by name',
  'pod-probes-identical': 'the same question, but readiness gives up sooner than liveness',
  'deployment-has-host-podantiaffinity': 'topologySpreadConstraints spread pods, and let them start on one node too',
  'statefulset-has-host-podantiaffinity': 'the same',
  'horizontalpodautoscaler-replicas': 'workers take jobs from a queue: one is enough while little waits',
  'deployment-replicas': 'the same; the gateway has two',
};

for (const { chart, title, inputs } of documentedCases()) {
  test(`kube-score finds nothing in charts/${chart} with ${title}`, async () => {
    const { code, stdout, stderr } = await runProgram(
      await kubeScore(),
      [
        'score',
        ...['--kubernetes-version', `v${KUBERNETES[1]}`, '--output-format', 'ci', '--exit-one-on-warning'],
        // throttled CPU makes probes late; memory is limited everywhere
        '--ignore-container-cpu-limit',
        ...Object.keys(NOT_OURS).flatMap((rule) => ['--ignore-test', rule]),
        '-',
      ],
      { input: await renderText(chart, inputs) },
    );
    const found = stdout.split('\n').filter((line) => /^\[(CRITICAL|WARNING)\]/.test(line));
    assert.deepEqual(found, []);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^\[OK\]/m, 'it looked at nothing');
  });
}
