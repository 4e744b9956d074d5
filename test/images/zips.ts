import { runInstaller } from '../counterparts/packages.ts';

const WRITE = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for name, text in json.loads(sys.argv[2]).items():
        archive.writestr(name, bytes.fromhex(text))
`;

/** Writes a zip (or jar) of small files. */
export async function writeZip(path: string, entries: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const hex = Object.entries(entries).map(([name, content]) => [name, Buffer.from(content).toString('hex')]);
  await runInstaller('python3', ['-c', WRITE, path, JSON.stringify(Object.fromEntries(hex))]);
}

/** A jar with a manifest as GeoServer's build writes it. */
export async function writeJar(path: string, projectVersion: string | null): Promise<void> {
  const version = projectVersion === null ? '' : `Project-Version: ${projectVersion}\r\n`;
  await writeZip(path, { 'META-INF/MANIFEST.MF': `Manifest-Version: 1.0\r\n${version}\r\n` });
}
