import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cached } from '../counterparts/cache.ts';
import { aptInstall, findOnPath, goProgram, runInstaller } from '../counterparts/packages.ts';
import type { Podman } from '../counterparts/podman.ts';

const SUITE = 'bookworm';
const NPM = '11.6.2';

/** Names of official images that stand-ins are imported under: Dockerfiles are built as they are. */
export const DEBIAN = `docker.io/library/debian:${SUITE}-slim`;
export const NODE = 'docker.io/library/node:24-slim';
export const REDIS = 'docker.io/library/redis:7';
export const S3 = 'localhost/geosluice-test/versitygw:1';

/** What every build needs on a machine whose way out has certificates of its own. */
const CERTIFICATES = '/etc/ssl/certs:/etc/ssl/certs:ro';

/** Builds an image with nothing pulled; the network is the machine's own. */
export async function buildImage(podman: Podman, context: string, ...args: string[]): Promise<void> {
  await podman.run(
    ...['build', '--pull=never', '--network', 'host', '--format', 'docker', '--layers', '-v', CERTIFICATES],
    ...args,
    context,
  );
}

/** Builds an image from a text and a few files, unless one of the same recipe is there. */
export async function ensureImage(
  podman: Podman,
  image: string,
  containerfile: string,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const recipe = createHash('sha256').update(containerfile).update(JSON.stringify(files)).digest('hex');
  if ((await labelOf(podman, image)) === recipe) return;
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-image-'));
  try {
    await writeFile(join(folder, 'Containerfile'), containerfile);
    for (const [name, source] of Object.entries(files)) {
      await cp(source, join(folder, name), { recursive: true, dereference: true });
    }
    await buildImage(podman, folder, '--label', `recipe=${recipe}`, '-t', image);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function labelOf(podman: Podman, image: string): Promise<string> {
  const { code, stdout } = await podman.attempt('image', 'inspect', '--format', '{{index .Labels "recipe"}}', image);
  return code === 0 ? stdout.trim() : '';
}

/** Debian as its archive has it today, under the name of the official image. */
export async function debianBase(podman: Podman): Promise<void> {
  if ((await podman.attempt('image', 'exists', DEBIAN)).code === 0) return;
  const folder = await cached(`debian-${SUITE}-1`, async (draft) => {
    if ((await findOnPath('mmdebstrap')) === null) await aptInstall('mmdebstrap');
    await runInstaller('mmdebstrap', [
      '--variant=minbase',
      '--include=ca-certificates',
      SUITE,
      join(draft, 'root.tar'),
    ]);
  });
  await podman.run('import', '--change', 'CMD ["sh"]', join(folder, 'root.tar'), DEBIAN);
}

/** Node 24 and npm as they come from the npm registry, where the official image has them. */
export async function nodeBase(podman: Podman): Promise<void> {
  await debianBase(podman);
  const npm = await cached(`npm-${NPM}`, async (draft) => {
    const packed = await runInstaller('npm', ['pack', '--silent', '--pack-destination', draft, `npm@${NPM}`]);
    await runInstaller('tar', ['-xzf', join(draft, packed.trim().split('\n').at(-1) ?? ''), '-C', draft]);
  });
  const node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
  const version = JSON.parse(await readFile(join(npm, 'package', 'package.json'), 'utf8')).version;
  await ensureImage(
    podman,
    NODE,
    `FROM ${DEBIAN}
COPY node /usr/local/bin/node
COPY npm/ /usr/local/lib/node_modules/npm/
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx && chmod +x /usr/local/lib/node_modules/npm/bin/*.js
ENV NODE_VERSION=${process.versions.node} NPM_VERSION=${version}
CMD ["node"]
`,
    { node, npm: join(npm, 'package') },
  );
}

/** Debian's Redis under the name of the official image. */
export async function redisImage(podman: Podman): Promise<void> {
  await debianBase(podman);
  await ensureImage(
    podman,
    REDIS,
    `FROM ${DEBIAN}
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
USER 65532:65532
WORKDIR /tmp
CMD ["redis-server"]
`,
  );
}

/** An S3 server of one binary. */
export async function s3Image(podman: Podman): Promise<void> {
  await debianBase(podman);
  const binary = await goProgram('github.com/versity/versitygw/cmd/versitygw', '1.8.0', [1, 25]);
  await ensureImage(
    podman,
    S3,
    `FROM ${DEBIAN}
COPY versitygw /usr/local/bin/
RUN mkdir -p /data /versions && chown 65532:65532 /data /versions
USER 65532:65532
ENTRYPOINT ["versitygw"]
`,
    { versitygw: binary },
  );
}
