import { z } from 'zod';
import type { RegistrationDocument, UnregistrationDocument } from '../document.ts';
import { GeonodeError } from '../errors.ts';
import { createHttp, type Http, type HttpOptions } from '../http.ts';
import type { Registrar } from '../registrar.ts';
import { accessOf, checkOwner, OWNER_ONLY, setAccess } from './access.ts';
import { findDataset, type Listed, read, removeDataset, runCommand } from './catalogue.ts';
import { instanceOf } from './instance-of.ts';
import { digestOf, type Mark, readMark, writeMark } from './mark.ts';
import { readVocabulary, type Vocabulary } from './vocabulary.ts';

export interface StockRegistrarOptions extends HttpOptions {
  /** Milliseconds a task of GeoNode's may take. Default ten minutes. */
  taskMs?: number | undefined;
}

const TASK_MS = 600_000;
const errorsSchema = z.object({ extraErrors: z.record(z.string(), z.unknown()) });

/**
 * Registers in a GeoNode 5.1 without our app: its command `updatelayers` for one store, then its API for the description and
 * the permissions, one dataset after the other. It costs what GeoNode's own way costs: some dozens of requests to GeoServer
 * and seconds a dataset. What it cannot do: look registrations up, so that nothing is compared or taken in again; say who owns
 * a dataset after the first time; remember a removal, so that the ledger alone keeps what comes late away.
 */
export function createStockRegistrar(options: StockRegistrarOptions): Registrar {
  const http = createHttp(options);
  const taskMs = options.taskMs ?? TASK_MS;
  let vocabulary: Vocabulary | null = null;

  return {
    async register(document, signal) {
      vocabulary ??= await readVocabulary(http, signal);
      // before anything is made: what is refused leaves nothing behind
      const { instance, unmapped } = instanceOf(document, vocabulary);
      const alternate = `${document.layer.workspace}:${document.layer.name}`;
      const before = await findDataset(http, alternate, signal);
      const mark = before === null ? null : await readMark(http, before.pk, signal);
      const [digest, access] = [digestOf(document), accessOf(document)];
      if (before !== null && mark !== null) {
        if (isSettled(mark, document, digest, alternate)) return { ...before, status: 'unchanged', unmapped };
      }
      await checkOwner(http, document, signal);
      const said = await runCommand(http, 'updatelayers', commandOptions(document), { withinMs: taskMs, signal });
      const found = before ?? (await findDataset(http, alternate, signal));
      if (found === null || !/\[(created|updated)\]/.test(said)) throw unmade(alternate, said);
      await describe(http, found, instance, signal);
      // as long as it is the same, what people changed by hand stays
      if (mark?.access !== access) await setAccess(http, found.pk, document, { withinMs: taskMs, signal });
      // last: until it is there all of this is done again
      const { dataset, generation } = document;
      await writeMark(http, found.pk, { dataset, generation, digest, access }, signal);
      return { ...found, status: before === null ? 'created' : 'updated', unmapped };
    },
    async unregister({ dataset, generation, workspace, name }: UnregistrationDocument, signal) {
      const found = await findDataset(http, `${workspace}:${name}`, signal);
      const mark = found === null ? null : await readMark(http, found.pk, signal);
      // without a mark of ours it is another's
      if (found === null || mark === null || mark.dataset !== dataset) return;
      if (mark.generation > generation) throw superseded(dataset, generation);
      await removeDataset(http, found.pk, { withinMs: taskMs, signal });
    },
    lookup() {
      const message = 'a GeoNode without the app geosluice_geonode cannot tell what is registered in it';
      return Promise.reject(new GeonodeError('GEONODE_NO_APP', message));
    },
    async check(signal) {
      vocabulary = await readVocabulary(http, signal);
      // whether we may: the list is for administrators
      const commands = await http.ask('GET', '/api/v2/management/commands/', null, signal);
      const { data } = read(commands, z.object({ data: z.array(z.string()) }), [200]);
      if (!data.includes('updatelayers')) {
        const message =
          'GeoNode does not open updatelayers to administrators; add it to MANAGEMENT_COMMANDS_EXPOSED_OVER_HTTP';
        throw new GeonodeError('GEONODE_UNAUTHORIZED', message, { subject: commands.url, down: true });
      }
      return { app: 'geonode', version: 'v2' };
    },
    close: () => http.close(),
  };
}

/** @throws GeonodeError NAME_TAKEN, SUPERSEDED */
function isSettled(
  mark: Mark,
  { dataset, generation }: RegistrationDocument,
  digest: string,
  alternate: string,
): boolean {
  if (mark.dataset !== dataset) {
    const message = `GeoNode refuses the dataset: ${alternate} belongs to dataset ${mark.dataset}`;
    throw new GeonodeError('NAME_TAKEN', message, { subject: dataset, field: 'layer.name' });
  }
  if (mark.generation > generation) throw superseded(dataset, generation);
  return mark.generation === generation && mark.digest === digest;
}

function commandOptions({ layer, owner, permissions }: RegistrationDocument): Record<string, unknown> {
  return {
    ...{ workspace: layer.workspace, store: layer.store, verbosity: 1 },
    ...(owner === undefined ? {} : { user: owner }),
    ...(permissions === 'public' ? {} : { permissions: OWNER_ONLY }),
  };
}

async function describe(
  http: Http,
  { pk }: Listed,
  instance: Record<string, unknown>,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/v2/metadata/instance/${pk}/`;
  const answer = await http.ask('PATCH', path, JSON.stringify(instance), signal);
  if (answer.status === 200) return;
  if (answer.status !== 422) throw answer.error();
  const { extraErrors } = read(answer, errorsSchema, [422]);
  const field = Object.keys(extraErrors)[0];
  const message = `GeoNode refuses the dataset: ${JSON.stringify(extraErrors).slice(0, 300)}`;
  throw new GeonodeError('GEONODE_REFUSED', message, { subject: answer.url, field });
}

function unmade(alternate: string, said: string): GeonodeError {
  const message = `updatelayers did not register ${alternate}: ${said || 'it wrote nothing'}`;
  return new GeonodeError('GEONODE_ERROR', message, { subject: alternate });
}

function superseded(dataset: string, generation: number): GeonodeError {
  return new GeonodeError('SUPERSEDED', `GeoNode knows a higher generation than ${generation}`, { subject: dataset });
}
