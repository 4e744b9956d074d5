import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { kedaConfig, kedaPrograms } from '../counterparts/keda.ts';
import { runInstaller } from '../counterparts/packages.ts';
import type { Cluster } from '../kubernetes/cluster.ts';
import type { LocalImage } from '../kubernetes/kubelet/images.ts';
import { troubles } from '../kubernetes/live/workers.ts';

const NAMESPACE = 'keda';
const SERVICES = ['keda-operator', 'keda-metrics-apiserver'];

/** What stands for KEDA's images: its programs, built from its module. */
export async function kedaImages(): Promise<Record<string, LocalImage>> {
  const { operator, adapter } = await kedaPrograms();
  const image = (path: string, program: string): LocalImage => ({
    entrypoint: [path],
    files: { [path]: program },
    user: 1000,
    group: 1000,
  });
  return {
    'ghcr.io/kedacore/keda': image('/keda', operator),
    'ghcr.io/kedacore/keda-metrics-apiserver': image('/keda-adapter', adapter),
  };
}

/** Makes a CA and one certificate for both of KEDA's Services. */
const CERTIFICATES = `
set -e
cd "$1"
openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -subj /CN=keda-ca -days 30 -out ca.crt \\
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
openssl ecparam -name prime256v1 -genkey -noout -out tls.key
openssl req -new -key tls.key -subj /CN=keda -out tls.csr
printf '%s\\n' "subjectAltName=$2" extendedKeyUsage=serverAuth,clientAuth > tls.ext
openssl x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile tls.ext -out tls.crt
`;

interface Manifest {
  kind: string;
  metadata: { name: string };
  spec?: unknown;
}

interface Deployment {
  template: { spec: { containers: Array<{ args: string[] } & Record<string, object>> } };
}

/** Installs KEDA from its own manifests and waits until its API is served. */
export async function installKeda(cluster: Cluster): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-keda-'));
  try {
    const names = SERVICES.flatMap((name) => [
      `DNS:${name}.${NAMESPACE}.svc`,
      `DNS:${name}.${NAMESPACE}.svc.cluster.local`,
    ]);
    await runInstaller('sh', ['-c', CERTIFICATES, 'certificates', folder, names.join(',')]);
    const files = await Promise.all(['ca.crt', 'tls.crt', 'tls.key'].map((name) => readFile(join(folder, name))));
    const [ca, certificate, key] = files.map((content) => content.toString('base64'));
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'kedaorg-certs', namespace: NAMESPACE },
      data: { 'ca.crt': ca, 'tls.crt': certificate, 'tls.key': key },
    };
    const built = await cluster.kubectl('kustomize', join(await kedaConfig(), 'minimal'));
    assert.equal(built.code, 0, built.stderr);
    const manifests = parseAllDocuments(built.stdout).map((document) => document.toJS() as Manifest);
    for (const manifest of manifests) adapt(manifest, ca ?? '');
    const file = join(folder, 'keda.yaml');
    const texts = [...manifests, secret].map((manifest) => stringify(manifest));
    await writeFile(file, texts.join('---\n'));
    // the definitions are too large for what a client-side apply keeps in an annotation
    const applied = await cluster.kubectl('apply', '--server-side', '-f', file);
    assert.equal(applied.code, 0, applied.stderr);
    for (const name of SERVICES) {
      const rolled = await cluster.kubectl(
        'rollout',
        'status',
        '-n',
        NAMESPACE,
        `deployment/${name}`,
        '--timeout=300s',
      );
      assert.equal(rolled.code, 0, rolled.code === 0 ? '' : await troubles(cluster, NAMESPACE));
    }
    const served = [
      'wait',
      '--for=condition=Available',
      'apiservice/v1beta1.external.metrics.k8s.io',
      '--timeout=300s',
    ];
    const waited = await cluster.kubectl(...served);
    assert.equal(waited.code, 0, waited.stderr);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** As KEDA is installed beside cert-manager: the certificates are there before it, and it makes none itself. */
function adapt(manifest: Manifest, ca: string): void {
  if (manifest.kind === 'APIService') manifest.spec = { ...(manifest.spec as object), caBundle: ca };
  if (manifest.kind !== 'Deployment') return;
  for (const container of (manifest.spec as Deployment).template.spec.containers) {
    container.args = container.args.map((word) => word.replace('cert-rotation=true', 'cert-rotation=false'));
    for (const probe of ['livenessProbe', 'readinessProbe']) {
      container[probe] = { ...container[probe], initialDelaySeconds: 1, periodSeconds: 2 };
    }
  }
}
