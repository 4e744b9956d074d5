import { check, type GeoServerCheck } from './check.ts';
import { type GeoServerConfig, settle } from './config.ts';
import { type DrawnRequest, drawn, type Learnt } from './drawn.ts';
import { type GoneRequest, gone } from './gone.ts';
import { createHttp, type Http } from './http.ts';
import { createInventory, type Inventory } from './inventory.ts';
import { createLags } from './lags.ts';
import { type Known, type PublishRequest, publish } from './publish.ts';
import { type RemoveRequest, remove } from './remove.ts';
import { removeStyle } from './style.ts';
import { createWorkspaces } from './workspaces.ts';

/** A GeoServer, or a cluster of them with one primary. Every operation may be repeated; none resets or reloads. */
export interface GeoServer {
  publish(request: PublishRequest): ReturnType<typeof publish>;
  drawn(request: DrawnRequest): ReturnType<typeof drawn>;
  remove(request: RemoveRequest): ReturnType<typeof remove>;
  gone(request: GoneRequest): ReturnType<typeof gone>;
  /** Deletes a style of a workspace; what is gone already is success. */
  removeStyle(request: { workspace: string; name: string; signal: AbortSignal }): Promise<void>;
  /** What each node holds. */
  inventory: Inventory;
  /** For a person: what each node says of itself, and what to do. */
  check(signal: AbortSignal): Promise<GeoServerCheck>;
  close(): Promise<void>;
}

export function createGeoServer(config: GeoServerConfig): GeoServer {
  const settings = settle(config);
  const http = createHttp(settings);
  const learnt: Learnt = { lags: createLags(settings.pollMs[1]), styles: new Set() };
  const lagsOfRemovals = createLags(settings.pollMs[1]);
  const known = (of: Http): Known => ({ workspaces: createWorkspaces(of), styles: new Set() });
  const ofPrimary = known(http);
  return {
    publish: (request) =>
      request.node === undefined
        ? publish(http, ofPrimary, request)
        : publish(http.at(request.node), known(http.at(request.node)), request),
    drawn: (request) => drawn(http, learnt, request),
    remove: (request) => remove(request.node === undefined ? http : http.at(request.node), request),
    gone: (request) => gone(http, lagsOfRemovals, request),
    removeStyle: (request) => removeStyle(http, request),
    inventory: createInventory(http),
    check: (signal) => check(http, signal),
    close: () => http.close(),
  };
}
