import type { Catalog, Change } from './catalog.ts';
import { MalformedBody, type Plain, parsePlain } from './plain.ts';
import { bare, Refused, type Reply } from './reply.ts';
import type { Sources } from './sources.ts';
import { type Tree, toJson, toXml } from './tree.ts';

/** One node, as the handlers see it. */
export interface NodeContext {
  index: number;
  catalog: Catalog;
  /** Changes this node's catalog and tells the others. */
  commit(changes: readonly Change[]): void;
  /** Resolves when the broker has all that was committed. @throws BrokerDown */
  told(): Promise<void>;
  sources: Sources;
  /** As GeoServer writes dates: `2026-11-23 15:05:51.488 UTC`. */
  now(): string;
  /** Numbers of imports, counted up. */
  nextImport(): number;
  imports: Map<number, object>;
  /** Maps that were drawn, by object and view; absent where each is drawn afresh. */
  maps?: Map<string, Uint8Array>;
  /** What only a process of its own has. */
  pod?: PodContext;
}

export interface PodContext {
  /** cluster.properties; empty where it is no node of a cluster. */
  cluster: ReadonlyMap<string, string>;
  setPassword(user: string, password: string): void;
}

/** A node's context with what all kinds of nodes share. */
export function createContext(own: Omit<NodeContext, 'now' | 'nextImport' | 'imports'>): NodeContext {
  let lastImport = -1;
  return {
    ...own,
    now: () => stamp(new Date()),
    nextImport: () => {
      lastImport += 1;
      return lastImport;
    },
    imports: new Map(),
  };
}

/** As GeoServer writes dates: `2026-11-23 15:05:51.488 UTC`. */
export function stamp(date: Date): string {
  return `${date.toISOString().replace('T', ' ').slice(0, 23)} UTC`;
}

/** The global styles of a fresh GeoServer. */
export const DEFAULT_STYLES: readonly Change[] = ['raster', 'generic', 'point', 'line', 'polygon'].map((name) => ({
  kind: 'style',
  key: `:${name}`,
  value: { name, sld: '<StyledLayerDescriptor version="1.0.0"/>' },
}));

export interface NodeRequest {
  node: NodeContext;
  method: string;
  /** Who asks; empty where nobody said. */
  user: string;
  /** Decoded segments below `/geoserver`, the suffix of the last one cut off. */
  segments: readonly string[];
  /** `json`, `xml`, `sld`…, from the suffix, else from Accept; `html` where neither says. */
  format: string;
  query: URLSearchParams;
  /** Media type of the body. */
  type: string;
  body: Buffer;
  /** `http://host:port/geoserver`. */
  root: string;
  /** Path and query, as they came. */
  url: string;
}

export function rest(request: NodeRequest): string {
  return `${request.root}/rest`;
}

/** A document in the format that was asked for. */
export function documentReply(request: NodeRequest, tree: Tree): Reply {
  if (request.format === 'json') return { status: 200, type: 'application/json', body: toJson(tree) };
  return { status: 200, type: 'application/xml', body: toXml(tree) };
}

/** The body as a document. @throws Refused 415 for another type, 500 for a malformed one */
export function documentOf(request: NodeRequest, root: string): Plain {
  const kind = /json$/.test(request.type) ? 'json' : /xml$/.test(request.type) ? 'xml' : null;
  if (kind === null) {
    const instance = request.url.split('?')[0];
    const detail = `Content-Type '${request.type}' is not supported.`;
    const body = JSON.stringify({ detail, instance, status: 415, title: 'Unsupported Media Type' });
    const headers = { Accept: 'text/xml, application/xml, text/json, application/json' };
    throw new Refused({ status: 415, type: 'application/problem+json', body, headers });
  }
  try {
    const plain = parsePlain(kind, request.body.toString('utf8'));
    const inner = plain[root];
    return typeof inner === 'object' && inner !== null ? (inner as Plain) : {};
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error;
    const text = kind === 'xml' ? XSTREAM : '';
    throw new Refused({ status: 500, type: 'text/plain;charset=iso-8859-1', body: text });
  }
}

/** What XStream says of a body it cannot read. */
const XSTREAM = `
---- Debugging information ----
cause-exception     : com.thoughtworks.xstream.io.StreamException
cause-message       : 
class               : java.lang.String
required-type       : java.lang.String
converter-type      : com.thoughtworks.xstream.converters.SingleValueConverterWrapper
wrapped-converter   : com.thoughtworks.xstream.converters.basic.StringConverter
line number         : 1
class[1]            : org.geoserver.catalog.impl.CoverageStoreInfoImpl
required-type[1]    : org.geoserver.catalog.impl.CoverageStoreInfoImpl
converter-type[1]   : org.geoserver.config.util.XStreamPersister$StoreInfoConverter
version             : 3.0-SNAPSHOT
-------------------------------`;

/** 404 with a sentence, or without one where the caller wants quiet. */
export function notFound(request: NodeRequest, text: string): Reply {
  const quiet = request.query.get('quietOnNotFound') === 'true';
  return { status: 404, type: 'text/plain;charset=iso-8859-1', body: quiet ? '' : text };
}

export const OK = bare(200);
