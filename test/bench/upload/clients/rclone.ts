import type { Access, Order } from '../order.ts';
import type { Client, Command } from './client.ts';

/**
 * Spares rclone what only costs: looking at a target that is known to be empty, asking for the bucket, an MD5 of the whole file
 * for its metadata. What is sent is checked by CRC-32.
 */
const FLAGS = [
  '--no-check-dest',
  '--s3-no-check-bucket',
  '--s3-disable-checksum',
  '--s3-use-data-integrity-protections=true',
  '--s3-chunk-size=16Mi',
  '--s3-upload-cutoff=64Mi',
  '--quiet',
];

export function rclone(program: string, version: string): Omit<Client, 'name'> {
  return {
    about: `${version}, 4 transfers, parts of 16 MiB, 4 of a file in flight, no MD5 of the whole; CRC-32`,
    command: (order) => ({
      command: program,
      args: [...argumentsOf(order), ...FLAGS],
      env: {
        RCLONE_CONFIG: '/dev/null',
        ...remote('TARGET', order.access),
        ...(order.object === undefined ? {} : remote('SOURCE', order.object.access)),
      },
    }),
  };
}

function argumentsOf({ bucket, prefix, folder, object }: Order): Command['args'] {
  if (object === undefined) return ['copy', folder, `target:${bucket}/${prefix}`];
  return ['copyto', `source:${object.bucket}/${object.key}`, `target:${bucket}/${object.target}`];
}

function remote(name: string, { endpoint, region, accessKey, secretKey }: Access): Record<string, string> {
  const settings = {
    TYPE: 's3',
    PROVIDER: 'Other',
    ENDPOINT: endpoint,
    REGION: region,
    ACCESS_KEY_ID: accessKey,
    SECRET_ACCESS_KEY: secretKey,
  };
  return Object.fromEntries(Object.entries(settings).map(([key, value]) => [`RCLONE_CONFIG_${name}_${key}`, value]));
}
