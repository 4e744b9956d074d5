import type { S3Client } from '@aws-sdk/client-s3';
import { describeLocation, type Location, type S3Location } from '@geosluice/jobs';
import { createS3Wire, type S3Wire } from '@geosluice/s3-wire';
import { collect, discard, guarded, tooLarge } from '../body.ts';
import { withDeadline } from '../deadline.ts';
import { SourceError } from '../errors.ts';
import type { NameRules } from '../names.ts';
import type { Source } from '../source.ts';
import { fingerprintOf, getObject } from './access.ts';
import { removeS3, tagS3 } from './after.ts';
import { asS3BodyError } from './errors.ts';
import { listS3 } from './listing.ts';
import { lookS3, rastersAtS3 } from './look.ts';
import { openS3 } from './reader.ts';

export interface S3SourceOptions {
  /** The client that has access to a bucket. It is the caller's to build and to destroy. */
  clientFor(bucket: string): S3Client;
  rules: NameRules;
  /** Milliseconds without a sign of life before a call is given up; 30,000 where absent. */
  timeoutMs?: number;
  /** Keys a page, up to 1,000. */
  pageSize?: number;
}

/** Tries of one range or page: more are the queue's to make. */
const ATTEMPTS = 3;

/** Objects in S3, MinIO and their like. They are whole when they are listed. */
export function s3Source(options: S3SourceOptions): Source & { close(): void } {
  const { rules, timeoutMs = 30_000, pageSize = 1000, clientFor } = options;
  const wires = new Map<S3Client, S3Wire>();
  const wireFor = (bucket: string): S3Wire => {
    const client = clientFor(bucket);
    const wire =
      wires.get(client) ?? createS3Wire(client, { stallMs: timeoutMs, answerMs: timeoutMs, attempts: ATTEMPTS });
    wires.set(client, wire);
    return wire;
  };
  const access = { clientFor, wireFor, timeoutMs, pageSize };
  return {
    close: () => {
      for (const wire of wires.values()) wire.close();
    },
    settles: 'at-once',
    list: async (prefix, list) => listS3(access, rules, s3(prefix), list),
    look: async (location, signal) => lookS3(access, rules, s3(location), signal),
    rastersAt: async (location, signal) => rastersAtS3(access, rules, s3(location), signal),
    ranged: async () => true,
    open: async (location, fingerprint, signal) => openS3(access, s3(location), fingerprint, signal),
    read: async (location, fingerprint, { maxBytes, signal }) => {
      const subject = describeLocation(location);
      return withDeadline(signal, timeoutMs, subject, async (deadline) => {
        const answer = await getObject(access, s3(location), fingerprint, undefined, deadline.signal);
        if ((answer.ContentLength ?? 0) > maxBytes) {
          discard(answer.Body);
          throw tooLarge(subject, maxBytes);
        }
        try {
          return await collect(answer.Body, maxBytes, deadline, subject);
        } catch (error) {
          throw asS3BodyError(error, subject);
        }
      });
    },
    stream: async (location, signal) => {
      const subject = describeLocation(location);
      const answer = await withDeadline(signal, timeoutMs, subject, (deadline) =>
        getObject(access, s3(location), undefined, undefined, deadline.signal),
      );
      return {
        body: guarded(answer.Body, signal, timeoutMs, subject, (error) => asS3BodyError(error, subject)),
        length: answer.ContentLength ?? null,
        fingerprint: fingerprintOf(answer.ContentLength ?? 0, answer.ETag, answer.LastModified),
      };
    },
    remove: async (location, fingerprint, signal) => removeS3(access, s3(location), fingerprint, signal),
    tag: async (location, fingerprint, tags, signal) => tagS3(access, s3(location), fingerprint, tags, signal),
  };
}

function s3(location: Location): S3Location {
  if (location.kind === 's3') return location;
  const subject = describeLocation(location);
  throw new SourceError('INVALID_OPTIONS', `${subject} is not an s3 location`, { subject });
}
