import { readFile } from 'node:fs/promises';
import { GeosluiceError } from '@geosluice/jobs';
import { Agent, request } from 'undici';
import { z } from 'zod';
import type { FrontProxy } from './authenticate.ts';

/** Where the API server is, and with what to ask it. */
export interface ApiServer {
  /** e.g. `https://10.96.0.1:443` */
  url: string;
  /** File with the authorities (PEM) that signed its certificate. */
  caFile: string;
  /** File with the ServiceAccount's token, which is replaced now and then. */
  tokenFile: string;
}

/** The API server did not tell how it proves who it is. */
export class FrontProxyError extends GeosluiceError {
  readonly means = 'retry';
  constructor(message: string, cause?: unknown) {
    super('FRONT_PROXY_UNKNOWN', message, { counterpart: 'kubernetes', cause });
  }
}

const PATH = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 10_000;

const listOfNames = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('is not JSON');
      return z.NEVER;
    }
  })
  .pipe(z.array(z.string().min(1)));

const configMapSchema = z.object({
  data: z.object({
    'requestheader-client-ca-file': z.string().includes('-----BEGIN CERTIFICATE-----'),
    'requestheader-allowed-names': listOfNames.default([]),
    'requestheader-username-headers': listOfNames.default(['X-Remote-User']),
    'requestheader-group-headers': listOfNames.default(['X-Remote-Group']),
  }),
});

/** Reads what the API server publishes for servers that stand behind it. @throws FrontProxyError */
export async function readFrontProxy(server: ApiServer, signal: AbortSignal): Promise<FrontProxy> {
  const body = await askApiServer(server, signal);
  const parsed = configMapSchema.safeParse(body);
  if (!parsed.success) {
    throw new FrontProxyError(
      `the ConfigMap kube-system/extension-apiserver-authentication does not name a front proxy (${z.prettifyError(parsed.error)}); ` +
        'is aggregation on (kube-apiserver --requestheader-client-ca-file)?',
    );
  }
  const { data } = parsed.data;
  return {
    ca: data['requestheader-client-ca-file'],
    allowedNames: data['requestheader-allowed-names'],
    usernameHeaders: data['requestheader-username-headers'],
    groupHeaders: data['requestheader-group-headers'],
  };
}

async function askApiServer({ url, caFile, tokenFile }: ApiServer, signal: AbortSignal): Promise<unknown> {
  let agent: Agent | undefined;
  try {
    const [ca, token] = await Promise.all([readFile(caFile, 'utf8'), readFile(tokenFile, 'utf8')]);
    // asked once in a while: nothing is kept open, and new files hold at once
    agent = new Agent({ connect: { ca, timeout: TIMEOUT_MS } });
    const answer = await request(`${url.replace(/\/+$/, '')}${PATH}`, {
      dispatcher: agent,
      headers: { authorization: `Bearer ${token.trim()}`, accept: 'application/json' },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    let text = '';
    for await (const chunk of answer.body.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAX_BYTES) throw new Error('its answer is too large');
    }
    if (answer.statusCode === 200) return JSON.parse(text);
    const advice =
      answer.statusCode === 403
        ? '; bind the Role kube-system/extension-apiserver-authentication-reader to the ServiceAccount'
        : '';
    throw new Error(`it answered ${answer.statusCode}${advice}`);
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error ? error.message || String(error.cause ?? error) : String(error);
    throw new FrontProxyError(`the API server at ${url} does not tell how it proves who it is: ${said}`, error);
  } finally {
    await agent?.destroy();
  }
}
