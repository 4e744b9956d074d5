import type { FastifyInstance } from 'fastify';
import { GatewayProblem } from './problem.ts';

/**
 * Takes bodies of one type, as JSON, and no others; an empty body is no body.
 * @param type of the body, `*` for any
 */
export function takeJson(app: FastifyInstance, type: string): void {
  const json = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(type, { parseAs: 'string' }, (request, body, done) => {
    const text = body as string;
    if (text === '') done(null, undefined);
    else if (hasLoneSurrogate(text))
      done(
        new GatewayProblem('JSON_INVALID', 'a text in the body has half of a surrogate pair, which is no character'),
      );
    else json(request, text, done);
  });
}

/** Half of a pair can be written as an escape only; Redis and GeoServer take no such text, so it is refused at the door. */
export function hasLoneSurrogate(json: string): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(json)) return false;
  let afterHigh = -1;
  for (const { 0: written, 1: hex = '0', index } of json.matchAll(/\\(?:u([0-9a-fA-F]{4})|.)/gs)) {
    const half = Number.parseInt(hex, 16) >> 10;
    if ((half === LOW) !== (index === afterHigh)) return true;
    if (afterHigh >= 0 && half !== LOW) return true;
    afterHigh = half === HIGH ? index + written.length : -1;
  }
  return afterHigh >= 0;
}

/** The upper six bits of 0xD800–0xDBFF, and of 0xDC00–0xDFFF. */
const HIGH = 0x36;
const LOW = 0x37;
