import { escapeXml } from './tree.ts';

/** What a handler answers. No type: no Content-Type header. */
export interface Reply {
  status: number;
  type?: string;
  body?: string | Uint8Array;
  headers?: Readonly<Record<string, string>>;
}

/** The content type of GeoServer's own sentences. */
const PLAIN = 'text/plain;charset=iso-8859-1';

export function sentence(status: number, text: string): Reply {
  return { status, type: PLAIN, body: text };
}

export function created(location: string, name: string): Reply {
  return { status: 201, type: PLAIN, body: name, headers: { Location: location } };
}

/** No body and no type, as GeoServer answers most writes. */
export function bare(status: number): Reply {
  return { status };
}

/** The page Jetty makes of a status. */
export function jettyPage(status: number, message: string, uri: string, headers: Record<string, string> = {}): Reply {
  const text = escapeXml(message);
  const body = `<html>
<head>
<meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>
<title>Error ${status} ${text}</title>
</head>
<body>
<h2>HTTP ERROR ${status} ${text}</h2>
<table>
<tr><th>URI:</th><td>${escapeXml(uri)}</td></tr>
<tr><th>STATUS:</th><td>${status}</td></tr>
<tr><th>MESSAGE:</th><td>${text}</td></tr>
<tr><th>SERVLET:</th><td>dispatcher</td></tr>
</table>
<hr/><a href="https://jetty.org/">Powered by Jetty:// 12.1.8</a><hr/>

</body>
</html>
`;
  const cache = { 'Cache-Control': 'must-revalidate,no-cache,no-store' };
  return { status, type: 'text/html;charset=iso-8859-1', body, headers: { ...cache, ...headers } };
}

/** A failure that a handler throws to answer with a sentence. */
export class Refused extends Error {
  readonly reply: Reply;
  constructor(reply: Reply) {
    super(String(reply.status));
    this.reply = reply;
  }
}

export function refuse(status: number, text: string): never {
  throw new Refused(sentence(status, text));
}
