import type { z } from 'zod';
import {
  type CoverageState,
  coverageSchema,
  type LayerState,
  layerSchema,
  parseAnswer,
  type StoreState,
  storeSchema,
} from './answers.ts';
import type { Answer, Ask, Http } from './http.ts';
import { refusalError } from './refusals.ts';

/** Where a read goes and whom it is about. */
export interface Look {
  workspace: string;
  name: string;
  /** The primary where absent. */
  node?: string | undefined;
  /** The configured one where absent. */
  timeoutMs?: number | undefined;
  signal: AbortSignal;
}

const e = encodeURIComponent;
export const paths = {
  workspaces: '/rest/workspaces',
  workspace: (workspace: string) => `/rest/workspaces/${e(workspace)}`,
  stores: (workspace: string) => `/rest/workspaces/${e(workspace)}/coveragestores`,
  store: (workspace: string, name: string) => `/rest/workspaces/${e(workspace)}/coveragestores/${e(name)}`,
  coverages: (workspace: string, store: string) =>
    `/rest/workspaces/${e(workspace)}/coveragestores/${e(store)}/coverages`,
  coverage: (workspace: string, store: string, name: string) =>
    `/rest/workspaces/${e(workspace)}/coveragestores/${e(store)}/coverages/${e(name)}`,
  coverageAnyStore: (workspace: string, name: string) => `/rest/workspaces/${e(workspace)}/coverages/${e(name)}`,
  layer: (workspace: string, name: string) => `/rest/workspaces/${e(workspace)}/layers/${e(name)}`,
  styles: (workspace: string) => `/rest/workspaces/${e(workspace)}/styles`,
  /** Of the workspace; of none where it is null. */
  style: (workspace: string | null, name: string) =>
    `${workspace === null ? '/rest' : `/rest/workspaces/${e(workspace)}`}/styles/${e(name)}`,
};

/** Reads a document; null where it is not there. */
export async function get<T>(http: Http, schema: z.ZodType<T>, path: string, look: Look): Promise<T | null> {
  const answer = await getAnswer(http, path, 'json', look);
  return answer === null ? null : parseAnswer(schema, answer, `${look.workspace}:${look.name}`);
}

async function getAnswer(http: Http, path: string, format: 'json' | 'sld', look: Look): Promise<Answer | null> {
  const answer = await http.ask({
    method: 'GET',
    path: `${path}.${format}?quietOnNotFound=true`,
    ...(look.node === undefined ? {} : { node: look.node }),
    timeoutMs: look.timeoutMs ?? http.settings.readTimeoutMs,
    signal: look.signal,
  });
  if (answer.status === 404 && isGeoServers404(answer)) return null;
  if (answer.status !== 200) throw refusalError(`show ${path}`, answer, `${look.workspace}:${look.name}`);
  return answer;
}

/** GeoServer's own 404 is plain text or empty; one of a container that has not finished starting is a page. */
export function isGeoServers404(answer: Pick<Answer, 'type'>): boolean {
  return answer.type !== 'text/html';
}

export async function getStore(http: Http, look: Look): Promise<StoreState | null> {
  return (await get(http, storeSchema, paths.store(look.workspace, look.name), look))?.coverageStore ?? null;
}

/** The coverage of that name in the store of that name. */
export async function getCoverage(http: Http, look: Look): Promise<CoverageState | null> {
  const path = paths.coverage(look.workspace, look.name, look.name);
  return (await get(http, coverageSchema, path, look))?.coverage ?? null;
}

/** The coverage of that name, whatever store of the workspace holds it. */
export async function getCoverageAnywhere(http: Http, look: Look): Promise<CoverageState | null> {
  const path = paths.coverageAnyStore(look.workspace, look.name);
  return (await get(http, coverageSchema, path, look))?.coverage ?? null;
}

export async function getLayer(http: Http, look: Look): Promise<LayerState | null> {
  return (await get(http, layerSchema, paths.layer(look.workspace, look.name), look))?.layer ?? null;
}

/** Name of the layer's default style: without its workspace, where it is in this one. Null where there is no layer. */
export async function getDefaultStyle(http: Http, look: Look): Promise<{ style: string | null } | null> {
  const layer = await getLayer(http, look);
  if (layer === null) return null;
  const style = layer.defaultStyle?.name ?? null;
  return { style: style?.startsWith(`${look.workspace}:`) === true ? style.slice(look.workspace.length + 1) : style };
}

/** A style of the workspace, as GeoServer writes it anew; null where there is none. */
export async function getSld(http: Http, style: string, look: Look): Promise<string | null> {
  return (await getAnswer(http, paths.style(look.workspace, style), 'sld', look))?.text ?? null;
}

/** Sends a document; any status is an answer. */
export function send(
  http: Http,
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  signal: AbortSignal,
  body?: Ask['body'],
): Promise<Answer> {
  return http.ask({
    method,
    path,
    timeoutMs: http.settings.writeTimeoutMs,
    signal,
    ...(body === undefined ? {} : { body }),
  });
}

export function json(document: object): Ask['body'] {
  return { type: 'application/json', content: JSON.stringify(document) };
}
