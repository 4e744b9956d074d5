import { isReasonCode, type RegisteredDataset } from '@geosluice/jobs';
import { type Answer, answerSchema, healthSchema, lookupAnswerSchema } from './answer.ts';
import { createBatcher } from './batcher.ts';
import { DOCUMENT_SCHEMA, type RegistrationDocument, type UnregistrationDocument } from './document.ts';
import { GeonodeError } from './errors.ts';
import type { Action, Registrar, RegistrationStatus, Transport } from './registrar.ts';
import { createSuspicion } from './suspicion.ts';

export interface BatchOptions {
  /** Documents a request holds at most; the app takes 100. Default 20. */
  batchSize?: number | undefined;
  /** Milliseconds the first document waits for company. Default 50. */
  batchWaitMs?: number | undefined;
  /** Bytes a request holds at most. Default 8 MiB. */
  batchBytes?: number | undefined;
  /** Requests under way at most, of each kind. Default 2. */
  inFlight?: number | undefined;
}

/** A document and its JSON, written once. */
interface Item {
  document: { dataset: string };
  bytes: number;
}

/** What is not told in so many milliseconds is not well. */
const HEALTH_MS = 30_000;

/** What both adapters have in common: batches below, one promise a document above. */
export function createBatchingRegistrar(transport: Transport, options: BatchOptions): Registrar {
  const batchBytes = options.batchBytes ?? 8 * 1024 * 1024;
  const suspicion = createSuspicion(async (signal) => {
    const health = await transport.health(AbortSignal.any([signal, AbortSignal.timeout(HEALTH_MS)]));
    return healthSchema.safeParse(health).success;
  });
  const batcherOf = (action: Exclude<Action, 'lookup'>) =>
    createBatcher<Item, unknown>({
      size: Math.min(options.batchSize ?? 20, 100),
      waitMs: options.batchWaitMs ?? 50,
      bytes: batchBytes,
      inFlight: options.inFlight ?? 2,
      // one that is suspected takes room, so that few or none go with it
      bytesOf: ({ document, bytes }) => Math.max(bytes, Math.floor(suspicion.shareOf(document.dataset) * batchBytes)),
      send: async (items, signal) => {
        const documents = items.map(({ document }) => document);
        const datasets = documents.map(({ dataset }) => dataset);
        try {
          const answers = await transport.send(action, documents, signal);
          if (answers.length !== items.length) {
            const message = `GeoNode gave ${answers.length} answers to ${items.length} documents`;
            throw new GeonodeError('GEONODE_ANSWER', message);
          }
          suspicion.cleared(datasets);
          return answers;
        } catch (error) {
          throw await suspicion.judge(error, datasets, signal);
        }
      },
    });
  const batchers = { register: batcherOf('register'), unregister: batcherOf('unregister') };
  const ask = async (
    action: keyof typeof batchers,
    document: { dataset: string },
    signal: AbortSignal,
  ): Promise<Answered> => {
    const bytes = Buffer.byteLength(JSON.stringify(document));
    return readAnswer(await batchers[action].add({ document, bytes }, signal), document.dataset);
  };

  return {
    async register(document: RegistrationDocument, signal) {
      const answer = await ask('register', document, signal);
      if (answer.status === 'superseded') throw superseded(document);
      const status = readStatus(answer.status, document.dataset);
      return { ...readNamed(answer, document.dataset), status, unmapped: answer.unmapped ?? [] };
    },
    async unregister(document: UnregistrationDocument, signal) {
      const answer = await ask('unregister', document, signal);
      if (answer.status === 'superseded') throw superseded(document);
      if (answer.status !== 'removed' && answer.status !== 'absent')
        throw unusable(document.dataset, `status ${answer.status} to an unregistration`);
    },
    async lookup(document, signal) {
      const [answer] = await transport.send('lookup', [document], signal);
      const found = lookupAnswerSchema.safeParse(answer);
      if (found.success) return found.data;
      const failed = answerSchema.safeParse(answer);
      // throws what the app says of an error
      if (failed.success && failed.data.status === 'error') readAnswer(answer, 'lookup');
      throw new GeonodeError('GEONODE_ANSWER', 'an answer of GeoNode cannot be read', { cause: found.error });
    },
    async check(signal) {
      const health = healthSchema.safeParse(await transport.health(signal));
      if (!health.success)
        throw new GeonodeError('GEONODE_ANSWER', 'what answers there is not the registration app', {
          cause: health.error,
        });
      if (health.data.schema !== DOCUMENT_SCHEMA)
        throw new GeonodeError(
          'GEONODE_NO_APP',
          `the registration app ${health.data.version} takes documents of schema ${health.data.schema}, not ${DOCUMENT_SCHEMA}: upgrade it`,
        );
      return health.data;
    },
    async close() {
      const closed = new GeonodeError('GEONODE_DROPPED', 'the registrar was closed');
      for (const batcher of Object.values(batchers)) batcher.close(closed);
      await transport.close();
    },
  };
}

type Answered = Exclude<Answer, { status: 'error' }>;

/** @throws GeonodeError what the app refuses, or fails at */
function readAnswer(value: unknown, dataset: string): Answered {
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success) throw unusable(dataset, parsed.error);
  const answer = parsed.data;
  if (answer.status !== 'error') return answer;
  const details = { subject: dataset, field: answer.field };
  if (answer.retry) {
    const down = answer.down === true;
    throw new GeonodeError('GEONODE_ERROR', `GeoNode failed: ${answer.message}`, { ...details, down });
  }
  const code = isReasonCode(answer.code) ? answer.code : 'GEONODE_REFUSED';
  throw new GeonodeError(code, `GeoNode refuses the dataset: ${answer.message}`, details);
}

function readNamed({ pk, uuid, url }: Answered, dataset: string): RegisteredDataset {
  if (pk === undefined || uuid === undefined || url === undefined) throw unusable(dataset, 'it names no dataset');
  return { pk, uuid, url };
}

function readStatus(status: Answered['status'], dataset: string): RegistrationStatus {
  if (status === 'created' || status === 'updated' || status === 'unchanged') return status;
  throw unusable(dataset, `status ${status} to a registration`);
}

function unusable(dataset: string, cause: unknown): GeonodeError {
  return new GeonodeError('GEONODE_ANSWER', 'an answer of GeoNode cannot be read', { subject: dataset, cause });
}

function superseded({ dataset, generation }: { dataset: string; generation: number }): GeonodeError {
  return new GeonodeError('SUPERSEDED', `GeoNode knows a higher generation than ${generation}`, { subject: dataset });
}
