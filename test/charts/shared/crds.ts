import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cached } from '../../counterparts/cache.ts';
import { go, runInstaller } from '../../counterparts/packages.ts';

/** Where the definitions of the kinds that the charts use, and Kubernetes itself lacks, are published: Go modules. */
const MODULES: Record<string, readonly string[]> = {
  'github.com/kedacore/keda/v2@v2.21.0': [
    'config/crd/bases/keda.sh_scaledobjects.yaml',
    'config/crd/bases/keda.sh_triggerauthentications.yaml',
  ],
  'sigs.k8s.io/gateway-api@v1.4.1': ['config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'],
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': [
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
  'github.com/cert-manager/cert-manager@v1.21.2': [
    'deploy/crds/cert-manager.io_certificates.yaml',
    'deploy/crds/cert-manager.io_issuers.yaml',
  ],
};

/** A folder with the definitions as YAML files, taken from the modules once. */
export async function customResourceDefinitions(): Promise<string> {
  return cached('custom-resource-definitions-1', async (draft) => {
    const program = await go([1, 24]);
    const env = { GOMODCACHE: join(draft, 'modules'), GOFLAGS: '-modcacherw' };
    for (const [module, files] of Object.entries(MODULES)) {
      const { Dir } = JSON.parse(await runInstaller(program, ['mod', 'download', '-json', module], env)) as {
        Dir: string;
      };
      for (const file of files) await copyFile(join(Dir, file), join(draft, basename(file)));
    }
    await runInstaller('rm', ['-rf', env.GOMODCACHE]);
  });
}
