import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';

const PAGE = readFileSync(new URL('./status-page.html', import.meta.url), 'utf8');

/** Only what the page itself holds may run; its script and style are named by their hashes. */
export function policyOf(html: string): string {
  const hashes = (tag: 'script' | 'style'): string =>
    [...html.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))]
      .map(([, content = '']) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`)
      .join(' ');
  return [
    ...["default-src 'none'", `script-src ${hashes('script')}`, `style-src ${hashes('style')}`, "connect-src 'self'"],
    ...['img-src data:', "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ].join('; ');
}

export const getStatusPage: Route = (app) => {
  const policy = policyOf(PAGE);
  app.route({
    method: 'GET',
    url: '/',
    schema: {
      ...operation({ id: 'getStatusPage', tag: 'operation', summary: 'A page that shows the counts' }),
      response: { 200: answer(z.string(), 'HTML.', 'text/html'), ...refusals('open') },
    },
    handler: async (_, reply) =>
      await reply.header('content-security-policy', policy).type('text/html; charset=utf-8').send(PAGE),
  });
};
