import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Podman } from '../counterparts/podman.ts';
import { DEBIAN, debianBase, ensureImage } from './bases.ts';
import { writeJar, writeZip } from './zips.ts';

export const GEOSERVER_2 = 'docker.io/geonode/geoserver:2.28.4-latest';
export const GEOSERVER_3 = 'docker.osgeo.org/geoserver:3.0.1';
export const GEONODE = 'docker.io/geonode/geonode:5.1.1';

/** Says how the server would have been started, and writes where Tomcat writes. */
const CATALINA = `#!/bin/sh
set -eu
cd /usr/local/tomcat
for folder in logs work temp; do echo written >"$folder/by-the-server"; done
printf 'run as %s: %s\\n' "$(id -u)" "$*"
printf 'CATALINA_OPTS=%s\\nJAVA_OPTS=%s\\nIIO_S3_AWS_ENDPOINT=%s\\n' "$CATALINA_OPTS" "$JAVA_OPTS" "\${IIO_S3_AWS_ENDPOINT:-}"
cat "$GEOSERVER_DATA_DIR/cluster/cluster.properties" /tmp/geosluice/s3.properties
`;

/**
 * Trees that look as the official images do where our Dockerfiles touch them, under the names of those images: a Tomcat with a
 * GeoServer's jars (empty ones) and a data directory, and a Python that calls itself python3 only.
 */
export async function geoBases(podman: Podman): Promise<void> {
  await debianBase(podman);
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-geo-'));
  try {
    await writeFile(join(folder, 'catalina.sh'), CATALINA, { mode: 0o755 });
    for (const [image, version, home] of [
      [GEOSERVER_2, '2.28.4', 'skeleton'],
      [GEOSERVER_3, '3.0.1', 'webapp'],
    ] as const) {
      const tree = join(folder, version);
      await mkdir(join(tree, 'lib'), { recursive: true });
      for (const name of ['gs-main', 'gs-wms']) await writeJar(join(tree, 'lib', `${name}-${version}.jar`), version);
      await writeJar(join(tree, 'lib', 'commons-pool2-2.12.0.jar'), null);
      const files = { 'data/global.xml': `<global>${version}</global>`, 'data/security/config.xml': '<security/>' };
      await writeZip(join(tree, 'skeleton.zip'), files);
      const seed =
        home === 'skeleton'
          ? 'mkdir -p /usr/local/share/geoserver && cp /skeleton.zip /usr/local/share/geoserver/geoserver-data-skeleton.zip'
          : 'unzip -q /skeleton.zip -d /usr/local/tomcat/webapps/geoserver/';
      await ensureImage(
        podman,
        image,
        `FROM ${DEBIAN}
RUN apt-get update && apt-get install -y --no-install-recommends curl unzip && rm -rf /var/lib/apt/lists/*
COPY catalina.sh /usr/local/tomcat/bin/catalina.sh
COPY lib/ /usr/local/tomcat/webapps/geoserver/WEB-INF/lib/
COPY skeleton.zip /skeleton.zip
RUN cd /usr/local/tomcat && mkdir -m 700 conf logs work temp && echo '<Server/>' > conf/server.xml && ${seed}
ENV CATALINA_HOME=/usr/local/tomcat PATH=/usr/local/tomcat/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    JAVA_OPTS="-XX:+UseConcMarkSweepGC" GEOSERVER_DATA_DIR=/geoserver_data/data
VOLUME /geoserver_data/data
CMD ["/usr/local/bin/entrypoint.sh"]
`,
        {
          'catalina.sh': join(folder, 'catalina.sh'),
          lib: join(tree, 'lib'),
          'skeleton.zip': join(tree, 'skeleton.zip'),
        },
      );
    }
    await ensureImage(
      podman,
      GEONODE,
      `FROM ${DEBIAN}
RUN apt-get update && apt-get install -y --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/* \\
 && touch /usr/lib/python3.11/EXTERNALLY-MANAGED
WORKDIR /usr/src/geonode
ENTRYPOINT ["/usr/src/geonode/entrypoint.sh"]
`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Modules as zips of one version, as GeoServer's build packs them. */
export async function writeModules(
  folder: string,
  version: string,
  names: Readonly<Record<string, string>>,
): Promise<void> {
  const draft = await mkdtemp(join(tmpdir(), 'geosluice-modules-'));
  try {
    for (const [zip, jar] of Object.entries(names)) {
      const file = join(draft, `${jar}-${version}.jar`);
      await writeJar(file, version);
      await writeZip(join(folder, `geoserver-${version}-${zip}-plugin.zip`), {
        [`${jar}-${version}.jar`]: await readFile(file),
      });
    }
  } finally {
    await rm(draft, { recursive: true });
  }
}
