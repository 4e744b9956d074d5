import { z } from 'zod';
import { createOrConfirm } from './create.ts';
import { GeoServerError } from './errors.ts';
import type { Http } from './http.ts';
import { refusalError } from './refusals.ts';
import { get, getDefaultStyle, json, type Look, paths, send } from './rest.ts';

/** A style of the layer's own, that came with the raster: what there is of that name is replaced. */
export interface OwnStyle {
  kind: 'own';
  /** In the layer's workspace. */
  name: string;
  /** A whole SLD 1.0 document. */
  sld: string;
}

/** A style for many layers of a workspace that have none yet: made where it is missing, and left to people once it is there. */
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

const styleSchema = z.object({ style: z.object({}) });

/**
 * Binds a style as a layer's default, made or updated before where it is ours to make. An unknown style is a 200 that changes
 * nothing, so binding is confirmed by a look.
 * @param known `seen`: shared styles that are there, by `workspace:name`; `isNew`: the layer was made just now
 * @throws GeoServerError GEOSERVER_REFUSED where the SLD cannot be read, GEOSERVER_STYLE where it did not take
 */
export async function applyStyle(
  http: Http,
  style: Style,
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
  const home = style.kind === 'named' ? style.workspace : workspace;
  const wanted = home === null || home === workspace ? style.name : `${home}:${style.name}`;
  const before = isNew ? GEOSERVERS_OWN : (await getDefaultStyle(http, look))?.style;
  if (before === wanted) return;
  // what people chose meanwhile stays
  if (style.kind === 'shared' && before !== GEOSERVERS_OWN) return;
  const binding = { layer: { defaultStyle: { name: style.name, ...(home === null ? {} : { workspace: home }) } } };
  const answer = await send(http, 'PUT', paths.layer(workspace, name), signal, json(binding));
  if (answer.status !== 200) throw refusalError('bind the style', answer, layer);
  const bound = await getDefaultStyle(http, look);
  if (bound?.style === wanted) return;
  // somebody deleted it since it was seen
  seen.delete(`${workspace}:${style.name}`);
  const why = style.kind === 'named' ? '; is there a style of that name?' : '';
  throw new GeoServerError('GEOSERVER_STYLE', `${layer} did not take the style ${wanted}${why}`, { layer });
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
  const path = `${paths.style(look.workspace, look.name)}?${evenInUse ? 'recurse=true&' : ''}purge=true`;
  const answer = await send(http, 'DELETE', path, look.signal);
  if (answer.status === 200 || answer.status === 404 || (answer.status === 403 && !evenInUse)) return;
  if ((await get(http, styleSchema, paths.style(look.workspace, look.name), look)) === null) return;
  throw refusalError('delete the style', answer, `${look.workspace}:${look.name}`);
}
