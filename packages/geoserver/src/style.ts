import { z } from 'zod';
import { createOrConfirm } from './create.ts';
import { GeoServerError } from './errors.ts';
import type { Http } from './http.ts';
import { refusalError } from './refusals.ts';
import { get, getDefaultStyle, getSld, json, type Look, paths, send } from './rest.ts';
import { SHARED_STYLES } from './shared-styles.ts';

/** A style of the layer's own, that came with the raster: what there is of that name is replaced. */
export interface OwnStyle {
  kind: 'own';
  /** In the layer's workspace. */
  name: string;
  /** A whole SLD 1.0 document. */
  sld: string;
}

/** A style for many layers of a workspace: made where it is missing, left to people once it is there, and bound where they chose none. */
export interface SharedStyle {
  kind: 'shared';
  name: string;
  sld: string;
}

/** A style that people keep in GeoServer. */
export interface NamedStyle {
  kind: 'named';
  name: string;
  /** Null where it belongs to no workspace. */
  workspace: string | null;
}

export type Style = OwnStyle | SharedStyle | NamedStyle;

/** What GeoServer gives a new raster layer. */
const GEOSERVERS_OWN = 'raster';

/** Where no other style is right; people's choice stays. */
export const PLAIN = { kind: 'plain', name: GEOSERVERS_OWN } as const;

type Wanted = Style | typeof PLAIN;

const styleSchema = z.object({ style: z.object({}) });

/**
 * Binds a style as a layer's default, made or updated before where it is ours to make. An unknown style is a 200 that changes
 * nothing, so binding is confirmed by a look.
 * @param known `seen`: shared styles that are there, by `workspace:name`; `isNew`: the layer was made just now
 * @throws GeoServerError GEOSERVER_REFUSED where the SLD cannot be read, INVALID_OPTIONS where there is no style of that name,
 * GEOSERVER_STYLE where it did not take
 */
export async function applyStyle(
  http: Http,
  style: Wanted,
  look: Look,
  { seen, isNew }: { seen: Set<string>; isNew: boolean },
): Promise<void> {
  const { workspace, name, signal } = look;
  const layer = `${workspace}:${name}`;
  if (style.kind === 'own') await settleStyle(http, style, look, true);
  else if (style.kind === 'shared' && !seen.has(`${workspace}:${style.name}`)) {
    await settleStyle(http, style, look, false);
    seen.add(`${workspace}:${style.name}`);
  }
  const before = isNew ? GEOSERVERS_OWN : ((await getDefaultStyle(http, look))?.style ?? null);
  if (!isToBind(before, style, look)) return;
  const [home, wanted] = [homeOf(style, workspace), boundName(style, workspace)];
  const binding = { layer: { defaultStyle: { name: style.name, ...(home === null ? {} : { workspace: home }) } } };
  const answer = await send(http, 'PUT', paths.layer(workspace, name), signal, json(binding));
  if (answer.status !== 200) throw refusalError('bind the style', answer, layer);
  const bound = await getDefaultStyle(http, look);
  if (bound?.style === wanted) return;
  // somebody deleted it since it was seen
  seen.delete(`${workspace}:${style.name}`);
  if (style.kind === 'named' && (await get(http, styleSchema, paths.style(home, style.name), look)) === null) {
    const where = home === null ? '' : ` in the workspace ${home}`;
    const message = `option style: GeoServer has no style ${style.name}${where}; make it there, or name one that it has`;
    throw new GeoServerError('INVALID_OPTIONS', message, { layer });
  }
  throw new GeoServerError('GEOSERVER_STYLE', `${layer} did not take the style ${wanted}`, { layer });
}

/**
 * Whether a layer is to get another style than it has. What people chose stays, unless another is asked for by name or comes
 * with the raster; what geosluice itself bound for an older version gives way: the style named as the layer, and the shared ones.
 */
export function isToBind(
  before: string | null,
  style: Wanted,
  { workspace, name }: Pick<Look, 'workspace' | 'name'>,
): boolean {
  if (before === boundName(style, workspace)) return false;
  if (style.kind === 'own' || style.kind === 'named') return true;
  return before === null || [GEOSERVERS_OWN, name, ...SHARED_STYLES].includes(before);
}

/** What replicas are held to besides the name of a layer's style. */
export interface KnownStyles {
  /** Shared styles that nodes have, by `node workspace:name`. */
  seen: Set<string>;
  /** A layer's own style as the primary has it; null where it has none. */
  sldOfPrimary(style: string): Promise<string | null>;
}

/** Why a replica draws a layer by another style than the primary; null where it does not. */
export async function unstyledOf(
  http: Http,
  style: Wanted,
  look: Look & { node: string },
  { seen, sldOfPrimary }: KnownStyles,
): Promise<string | null> {
  const bound = await getDefaultStyle(http, look);
  if (bound === null) return 'it does not know the layer yet';
  if (isToBind(bound.style, style, look)) return 'its layer has another style';
  // bound by its name alone: of the style itself another event tells
  if (style.kind === 'own') {
    const [its, primarys] = await Promise.all([getSld(http, style.name, look), sldOfPrimary(style.name)]);
    return its === primarys ? null : 'its style of that name is not the primary’s';
  }
  const key = `${look.node} ${look.workspace}:${style.name}`;
  if (style.kind !== 'shared' || bound.style !== style.name || seen.has(key)) return null;
  if ((await get(http, styleSchema, paths.style(look.workspace, style.name), look)) === null)
    return 'it does not know the style yet';
  seen.add(key);
  return null;
}

function homeOf(style: Wanted, workspace: string): string | null {
  if (style.kind === 'plain') return null;
  return style.kind === 'named' ? style.workspace : workspace;
}

/** As a layer of the workspace shows it. */
function boundName(style: Wanted, workspace: string): string {
  const home = homeOf(style, workspace);
  return home === null || home === workspace ? style.name : `${home}:${style.name}`;
}

async function settleStyle(http: Http, style: OwnStyle | SharedStyle, look: Look, replace: boolean): Promise<void> {
  const { workspace, signal } = look;
  const layer = `${workspace}:${look.name}`;
  const body = { type: 'application/vnd.ogc.sld+xml', content: style.sld };
  const there = () => get(http, styleSchema, paths.style(workspace, style.name), look);
  const update = async () => {
    const answer = await send(http, 'PUT', paths.style(workspace, style.name), signal, body);
    if (answer.status !== 200) throw unreadable(refusalError('take the style', answer, layer));
  };
  if ((await there()) !== null) {
    if (replace) await update();
    return;
  }
  const path = `${paths.styles(workspace)}?name=${encodeURIComponent(style.name)}`;
  const created = await createOrConfirm({
    what: 'create the style',
    layer,
    create: () => send(http, 'POST', path, signal, body),
    look: there,
  }).catch((error: unknown) => {
    throw unreadable(error);
  });
  if (!created.made && replace) await update();
}

/** A 500 with the words of an XML parser is about the document, not about GeoServer. */
function unreadable(error: unknown): unknown {
  if (!(error instanceof GeoServerError) || !/SAXParse|XMLStream|parse/i.test(error.message)) return error;
  const message = `the style is no readable SLD: ${error.message}`;
  return new GeoServerError('GEOSERVER_REFUSED', message, { layer: error.layer, status: error.status, cause: error });
}

/** 404 is success; so is a style that others use, where it is not taken from them. */
export async function removeStyle(http: Http, look: Look, evenInUse = true): Promise<void> {
  // few layers have one, and a read takes no turn from those who write
  if ((await get(http, styleSchema, paths.style(look.workspace, look.name), look)) === null) return;
  const path = `${paths.style(look.workspace, look.name)}?${evenInUse ? 'recurse=true&' : ''}purge=true`;
  const answer = await send(http, 'DELETE', path, look.signal);
  if (answer.status === 200 || answer.status === 404 || (answer.status === 403 && !evenInUse)) return;
  if ((await get(http, styleSchema, paths.style(look.workspace, look.name), look)) === null) return;
  throw refusalError('delete the style', answer, `${look.workspace}:${look.name}`);
}
