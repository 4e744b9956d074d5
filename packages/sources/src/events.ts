import type { S3Location } from '@geosluice/jobs';
import { z } from 'zod';
import { SourceError } from './errors.ts';
import { decodeForm, isSurelyRaw } from './s3/keys.ts';

/** Something happened to an object. A hint: the listing is the truth. */
export interface S3Event {
  location: S3Location;
  kind: 'created' | 'removed';
}

const MAX_RECORDS = 1000;
/** SQS in SNS in a list, and no more. */
const MAX_ENVELOPES = 3;

const bucketName = z.string().min(1).max(255);
const notificationSchema = z.object({
  eventSource: z.string().optional(),
  eventName: z.string(),
  s3: z.object({
    configurationId: z.string().nullish(),
    bucket: z.object({ name: bucketName }),
    // an encoded key of 1,024 bytes may have three times as many
    object: z.object({
      key: z
        .string()
        .min(1)
        .max(3 * 1024 + 2),
    }),
  }),
});
type Notification = z.infer<typeof notificationSchema>;

const eventBridgeSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.string(),
  detail: z.object({ bucket: z.object({ name: bucketName }), object: z.object({ key: z.string().min(1).max(1024) }) }),
});

const filerSchema = z.object({
  key: z.string().startsWith('/buckets/').max(4096),
  event_type: z.enum(['create', 'update', 'delete', 'rename']),
  message: z
    .object({
      new_entry: z.object({ name: z.string().optional(), is_directory: z.boolean().optional() }).nullish(),
      old_entry: z.object({ is_directory: z.boolean().optional() }).nullish(),
      new_parent_path: z.string().optional(),
    })
    .nullish(),
});

/**
 * Reads the body of a notification: S3 event records as AWS S3, MinIO, versitygw and Ceph write them, SeaweedFS's
 * filer webhook, EventBridge, and the envelopes of SNS and SQS around them. Test events and events of other kinds
 * give nothing.
 * @param body parsed JSON, not trusted
 * @throws SourceError INVALID_OPTIONS where the body is none of these or holds more than 1,000 records
 */
export function decodeS3Events(body: unknown): S3Event[] {
  let records = 0;
  const count = (more: number): void => {
    records += more;
    if (records > MAX_RECORDS) throw refuse(`more than ${MAX_RECORDS} records`);
  };
  return decodeBody(body, 0, count);
}

function decodeBody(body: unknown, depth: number, count: (more: number) => void): S3Event[] {
  if (depth > MAX_ENVELOPES) throw refuse('envelopes within envelopes');
  const list = Array.isArray(body) ? body : recordsIn(body);
  count(list.length);
  return list.flatMap((record: unknown) => {
    const inner = unwrap(record);
    return inner === undefined ? decodeRecord(record) : decodeBody(inner, depth + 1, count);
  });
}

/** The records of one body, which may be one itself. */
function recordsIn(body: unknown): unknown[] {
  if (typeof body !== 'object' || body === null) throw refuse('not an object');
  const { Records, Messages, Type, Event } = body as Record<string, unknown>;
  // s3:TestEvent, sent when a notification is configured; and the confirmation of a subscription is a person's to give
  if (typeof Event === 'string' || Type === 'SubscriptionConfirmation' || Type === 'UnsubscribeConfirmation') return [];
  if (Array.isArray(Records)) return Records;
  return Array.isArray(Messages) ? Messages : [body];
}

/** What an envelope of SNS or SQS holds; undefined where it is none. */
function unwrap(record: unknown): unknown {
  const { body, Body, Sns, Message, Type, eventSource } = (record ?? {}) as Record<string, unknown>;
  if (typeof Sns === 'object' && Sns !== null) return [{ ...Sns, Type: 'Notification' }];
  if (Type === 'Notification' && typeof Message === 'string') return parseJson(Message);
  if (eventSource === 'aws:sqs' && typeof body === 'string') return parseJson(body);
  return typeof Body === 'string' ? parseJson(Body) : undefined;
}

function decodeRecord(record: unknown): S3Event[] {
  const notification = notificationSchema.safeParse(record);
  if (notification.success) {
    const { eventName, s3 } = notification.data;
    const kind = kindOf(eventName.replace(/^s3:/, ''));
    return kind === null ? [] : [event(kind, s3.bucket.name, keyOf(notification.data))];
  }
  const bridge = eventBridgeSchema.safeParse(record);
  if (bridge.success) {
    const { bucket, object } = bridge.data.detail;
    const kind = BRIDGE_KINDS[bridge.data['detail-type']];
    // EventBridge does not encode keys
    return kind === undefined ? [] : [event(kind, bucket.name, object.key)];
  }
  const filer = filerSchema.safeParse(record);
  if (filer.success) return decodeFiler(filer.data);
  throw refuse(z.prettifyError(notification.error).slice(0, 500));
}

const BRIDGE_KINDS: Readonly<Record<string, S3Event['kind']>> = {
  'Object Created': 'created',
  'Object Restore Completed': 'created',
  'Object Deleted': 'removed',
};

function kindOf(eventName: string): S3Event['kind'] | null {
  if (/^(ObjectCreated|ObjectRestore:Completed|ObjectSynced:Create)/.test(eventName)) return 'created';
  if (/^(ObjectRemoved|LifecycleExpiration|ObjectLifecycle:Expiration|ObjectSynced:Delete)/.test(eventName))
    return 'removed';
  return null;
}

/**
 * AWS form-encodes keys, MinIO too and escapes `/` besides. versitygw sends them raw; it is known by a configuration
 * of the whole gateway together with the `s3:` that AWS leaves out.
 */
function keyOf({ eventName, eventSource, s3 }: Notification): string {
  const { key } = s3.object;
  const versitygw =
    eventName.startsWith('s3:') && eventSource === 'aws:s3' && s3.configurationId?.endsWith('-global') === true;
  return versitygw || isSurelyRaw(key) ? key : (decodeForm(key) ?? key);
}

/** SeaweedFS's filer sends paths, raw; a rename is a removal and a creation. */
function decodeFiler({ key, event_type, message }: z.infer<typeof filerSchema>): S3Event[] {
  const entry = message?.new_entry ?? message?.old_entry;
  if (entry?.is_directory === true) return [];
  if (event_type !== 'rename') return eventAt(event_type === 'delete' ? 'removed' : 'created', key);
  const { new_parent_path: parent, new_entry } = message ?? {};
  const target =
    parent === undefined || new_entry?.name === undefined ? '' : `${parent.replace(/\/$/, '')}/${new_entry.name}`;
  return [...eventAt('removed', key), ...eventAt('created', target)];
}

function eventAt(kind: S3Event['kind'], path: string): S3Event[] {
  const [, bucket, key] = /^\/buckets\/([^/]+)\/(.+)$/s.exec(path) ?? [];
  return bucket === undefined || key === undefined ? [] : [event(kind, bucket, key)];
}

function event(kind: S3Event['kind'], bucket: string, key: string): S3Event {
  if (Buffer.byteLength(key) > 1024) throw refuse('a key has more than 1,024 bytes');
  return { kind, location: { kind: 's3', bucket, key } };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse('an envelope does not hold JSON');
  }
}

function refuse(why: string): SourceError {
  return new SourceError('INVALID_OPTIONS', `this is not an S3 notification: ${why}`);
}
