import { GeoServerError } from './errors.ts';
import type { Answer } from './http.ts';
import { refusalError } from './refusals.ts';

export interface CreateSteps<T> {
  /** For messages: `create the store`. */
  what: string;
  layer: string;
  /** Sends the POST. */
  create(): Promise<Answer>;
  /** Looks whether it is there; null where it is not. */
  look(): Promise<T | null>;
}

export type Created<T> =
  /** The answer was a success. */
  | { made: true }
  /** It is there: a twin was faster, the answer was lost on the way, or GeoServer said 500 and did it. */
  | { made: false; found: T };

/**
 * Create-or-confirm. GeoServer answers 500 for a duplicate, 500 when only its broker is away, and nothing at all for
 * work that it still does: so whatever is no success is told apart by a look.
 * @throws GeoServerError where it is not there after all, by what GeoServer said
 */
export async function createOrConfirm<T>(steps: CreateSteps<T>): Promise<Created<T>> {
  for (let tries = 1; ; tries += 1) {
    const outcome = await attempt(steps.create);
    if ('answer' in outcome && outcome.answer.status >= 200 && outcome.answer.status < 300) return { made: true };
    const found = await lookAfter(steps, outcome);
    if (found !== null) return { made: false, found };
    if ('answer' in outcome) throw refusalError(steps.what, outcome.answer, steps.layer);
    // a stale connection that GeoServer had closed: nothing came of it, so once more
    if (outcome.error.code !== 'GEOSERVER_DROPPED' || tries >= 2) throw outcome.error;
  }
}

type Outcome = { answer: Answer } | { error: GeoServerError };

async function attempt(create: () => Promise<Answer>): Promise<Outcome> {
  try {
    return { answer: await create() };
  } catch (error) {
    // a connection that was refused has done nothing; anything else may have
    if (!(error instanceof GeoServerError) || error.code === 'GEOSERVER_DOWN') throw error;
    return { error };
  }
}

/** A look that fails as well says less than the first failure: that one is thrown. */
async function lookAfter<T>(steps: CreateSteps<T>, outcome: Outcome): Promise<T | null> {
  try {
    return await steps.look();
  } catch (error) {
    if ('error' in outcome && error instanceof GeoServerError) throw outcome.error;
    throw error;
  }
}
