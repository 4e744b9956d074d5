import { z } from 'zod';
import { createOrConfirm } from './create.ts';
import { GeoServerError } from './errors.ts';
import type { Http } from './http.ts';
import { refusalError } from './refusals.ts';
import { get, getDefaultStyle, json, type Look, paths, send } from './rest.ts';

export interface Style {
  /** In the layer's workspace. */
  name: string;
  /** A whole SLD 1.0 document. */
  sld: string;
}

const styleSchema = z.object({ style: z.object({}) });

/**
 * Creates or updates a style in the layer's workspace and binds it as the layer's default. An unknown style is a 200
 * that changes nothing, so binding is confirmed by a look.
 * @throws GeoServerError GEOSERVER_REFUSED where the SLD cannot be read, GEOSERVER_STYLE where it did not take
 */
export async function applyStyle(http: Http, style: Style, look: Look): Promise<void> {
  const { workspace, name, signal } = look;
  const layer = `${workspace}:${name}`;
  const body = { type: 'application/vnd.ogc.sld+xml', content: style.sld };
  const there = () => get(http, styleSchema, paths.style(workspace, style.name), look);
  const update = async () => {
    const answer = await send(http, 'PUT', paths.style(workspace, style.name), signal, body);
    if (answer.status !== 200) throw unreadable(refusalError('take the style', answer, layer));
  };
  if ((await there()) !== null) {
    await update();
  } else {
    const path = `${paths.styles(workspace)}?name=${encodeURIComponent(style.name)}`;
    const created = await createOrConfirm({
      what: 'create the style',
      layer,
      create: () => send(http, 'POST', path, signal, body),
      look: there,
    }).catch((error: unknown) => {
      throw unreadable(error);
    });
    if (!created.made) await update();
  }

  if ((await getDefaultStyle(http, look))?.style === style.name) return;
  const binding = { layer: { defaultStyle: { name: style.name, workspace } } };
  const answer = await send(http, 'PUT', paths.layer(workspace, name), signal, json(binding));
  if (answer.status !== 200) throw refusalError('bind the style', answer, layer);
  const bound = await getDefaultStyle(http, look);
  if (bound?.style !== style.name)
    throw new GeoServerError('GEOSERVER_STYLE', `${layer} did not take the style ${style.name}`, { layer });
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
