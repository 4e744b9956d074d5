import { BandwidthPlanError, parseBandwidth } from '../bandwidth/plan.ts';
import { choice, flag, optional, whole, written } from './setting.ts';

/** How files are sent to the target bucket; all uploads of a process share these bounds. */
export const UPLOAD_SETTINGS = {
  partMib: whole(
    'GEOSLUICE_UPLOAD_PART_MIB',
    'MiB of an upload’s part that are aimed at; large files, and links that are slow to answer, get larger ones.',
    { min: 5, max: 5120, fallback: 8 },
  ),
  minPartsInFlight: optional(
    whole(
      'GEOSLUICE_UPLOAD_MIN_PARTS_IN_FLIGHT',
      'Parts in flight of one process at least, also where the store asks for fewer; 2 where absent.',
      { min: 1, max: 64 },
    ),
  ),
  partsInFlight: whole(
    'GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT',
    'Parts in flight of one process at most; how many pay is found out while running.',
    { min: 1, max: 64, fallback: 8 },
  ),
  memoryMib: whole(
    'GEOSLUICE_UPLOAD_MEMORY_MIB',
    'MiB of buffers of one process, which takes about 150 more; only a part larger than it, of a file above 10,000 times as much, goes alone.',
    { min: 5, max: 1_048_576, fallback: 128 },
  ),
  shareMib: whole(
    'GEOSLUICE_UPLOAD_SHARE_MIB',
    'Files of so many MiB and more are brought by all upload workers together; 0 for none.',
    { min: 0, max: 67_108_864, fallback: 4096 },
  ),
  verify: choice(
    'GEOSLUICE_UPLOAD_VERIFY',
    'What is looked at once an object is there: its size and checksum, some blocks too, or all of it read back.',
    ['head', 'sample', 'full'],
    'head',
  ),
  bandwidth: optional(
    written(
      'GEOSLUICE_UPLOAD_BANDWIDTH',
      'Bytes a second of one process at most: `50MiB/s`, or by time of day `06:00-22:00=20MiB/s, 22:00-06:00=200MiB/s`; none where absent.',
      { kind: 'rate, or rates by time of day', problemOf: bandwidthProblem },
    ),
  ),
  timeZone: optional(
    written(
      'GEOSLUICE_UPLOAD_TIME_ZONE',
      'Time zone of those times of day, e.g. `Europe/Berlin`; the process’s own (`TZ`) where absent.',
      { kind: 'time zone', problemOf: timeZoneProblem },
    ),
  ),
  signPayload: flag(
    'GEOSLUICE_S3_SIGN_PAYLOAD',
    'Sign the bytes of objects too, not only the headers with their checksum: needless over TLS, and it doubles the CPU of an upload.',
    false,
  ),
};

interface Bounds {
  partMib?: number;
  minPartsInFlight?: number | undefined;
  partsInFlight?: number;
  memoryMib?: number;
}

/** What bounds of uploads have wrong together. */
export function checkUploadSettings(given: Bounds): string[] {
  const { partMib = 0, minPartsInFlight: least = 0, partsInFlight: most = 0, memoryMib = 0 } = given;
  const problems: string[] = [];
  if (least > most) {
    problems.push(
      `GEOSLUICE_UPLOAD_MIN_PARTS_IN_FLIGHT (${least}) must not be above GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT (${most})`,
    );
  }
  if (memoryMib < partMib) {
    problems.push(
      `GEOSLUICE_UPLOAD_MEMORY_MIB (${memoryMib}) must hold one part at least: GEOSLUICE_UPLOAD_PART_MIB is ${partMib}`,
    );
  }
  return problems;
}

function bandwidthProblem(text: string): string | null {
  try {
    parseBandwidth(text);
    return null;
  } catch (error) {
    if (error instanceof BandwidthPlanError) return error.message;
    throw error;
  }
}

function timeZoneProblem(name: string): string | null {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: name });
    return null;
  } catch {
    return 'must be a time zone such as Europe/Berlin';
  }
}
