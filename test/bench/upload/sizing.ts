/** What is assumed of the way to S3; none of it was measured here. */
export const ASSUMED = {
  /** Of a link, what is left for bytes of files. */
  linkShare: 0.9,
  /** Seconds until S3 answers after the last byte of a part. */
  latency: 0.03,
  /** Bytes a second that S3 takes on one connection. */
  perConnection: 85e6,
  /** CPU over TLS against CPU without. */
  tls: 2,
  /** Of a core, how much of it a process should use on average. */
  busy: 0.7,
  /** Bytes of Redis a job. */
  redisPerJob: 1100,
} as const;

/** Defaults of an upload worker. */
export const WORKER = { partSize: 8 * 1024 ** 2, partsInFlight: 8, bufferMib: 128, processMib: 150 } as const;

export interface Amount {
  files: number;
  /** Bytes of each. */
  fileSize: number;
}

export interface Sizing {
  /** Bytes a second. */
  rate: number;
  seconds: number;
  /** Parts in flight over all pods: so that the link stays full while some wait, and as S3's connections are no faster. */
  waiting: number;
  connections: number;
  inFlight: number;
  /** Requests of parts, and two more a file. */
  requests: number;
  /** Of CPU, null where nothing was measured. */
  cores: number | null;
  pods: number;
}

/**
 * How many pods fill a link.
 * @param linkBits bits a second
 * @param cpuPerGiB CPU seconds, as measured without TLS
 */
export function sizeUp({ files, fileSize }: Amount, linkBits: number, cpuPerGiB: number | null): Sizing {
  const rate = (linkBits / 8) * ASSUMED.linkShare;
  const seconds = (files * fileSize) / rate;
  const waiting = 1 + Math.ceil((rate * ASSUMED.latency) / WORKER.partSize);
  const connections = Math.ceil(rate / ASSUMED.perConnection);
  const inFlight = Math.max(waiting, connections);
  const cores = cpuPerGiB === null ? null : (cpuPerGiB * ASSUMED.tls * rate) / 1024 ** 3;
  const byCpu = cores === null ? 1 : Math.ceil(cores / ASSUMED.busy);
  const pods = Math.max(byCpu, Math.ceil(inFlight / WORKER.partsInFlight));
  const requests = files * (Math.ceil(fileSize / WORKER.partSize) + 2);
  return { rate, seconds, waiting, connections, inFlight, requests, cores, pods };
}
