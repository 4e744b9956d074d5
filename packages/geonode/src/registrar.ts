import type { RegisteredDataset } from '@geosluice/jobs';
import type { Registered } from './answer.ts';
import type { LookupDocument, RegistrationDocument, UnregistrationDocument } from './document.ts';

export type RegistrationStatus = 'created' | 'updated' | 'unchanged';

export interface Registration extends RegisteredDataset {
  status: RegistrationStatus;
  /** What GeoNode has no row or no room for, and what became of it, a sentence each; none where nothing was done. */
  unmapped: string[];
}

/** What registers there. */
export interface RegistrarVersions {
  /** `geosluice_geonode`, or `geonode` where the app is not there. */
  app: string;
  /** Of the app, or of the API that is used in its place. */
  version: string;
}

/** Makes layers GeoNode datasets. Adapters differ in the way there; batching, answers and errors are the same. */
export interface Registrar {
  /**
   * Creates or updates one dataset; doing it twice is doing it once.
   * @throws GeonodeError SUPERSEDED where GeoNode knows a higher generation; a ReasonCode (GEONODE_REFUSED, NAME_TAKEN) with
   *   `field` where it refuses this document; GEONODE_* where trying again may help
   */
  register(document: RegistrationDocument, signal: AbortSignal): Promise<Registration>;
  /** Takes it away; one that is not there is taken away already. @throws as register */
  unregister(document: UnregistrationDocument, signal: AbortSignal): Promise<void>;
  /** What is registered, of these datasets or page by page. @throws as register */
  lookup(document: LookupDocument, signal: AbortSignal): Promise<{ registrations: Registered[]; next: number | null }>;
  /** That it answers, and that we may register. @throws GeonodeError GEONODE_* */
  check(signal: AbortSignal): Promise<RegistrarVersions>;
  /** Ends what is open; what waits fails with GEONODE_DROPPED. */
  close(): Promise<void>;
}

export type Action = 'register' | 'unregister' | 'lookup';

/** One way to the Django app: takes a few documents of one action, gives as many answers in their order. */
export interface Transport {
  send(action: Action, documents: readonly object[], signal: AbortSignal): Promise<unknown[]>;
  health(signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
}
