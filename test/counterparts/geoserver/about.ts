import { readFile } from 'node:fs/promises';
import { documentReply, type NodeRequest } from './context.ts';
import { jettyPage, type Reply } from './reply.ts';
import { leaf, type Tree } from './tree.ts';

const RECORDED: Readonly<Record<string, string>> = {
  status: '02-about-status-json',
  'system-status': '02-about-system-status-json',
  manifest: '51-store-verbose-errors',
};

const VERSIONS: ReadonlyArray<readonly [string, ReadonlyArray<readonly [string, string]>]> = [
  [
    'GeoServer',
    [
      ['Build-Timestamp', '23-Nov-2026 14:48'],
      ['Version', '3.0-SNAPSHOT'],
      ['Git-Revision', ''],
    ],
  ],
  [
    'GeoTools',
    [
      ['Build-Timestamp', '23-Nov-2026 14:42'],
      ['Version', '35-SNAPSHOT'],
      ['Git-Revision', ''],
    ],
  ],
  [
    'GeoWebCache',
    [
      ['Version', '2.0-SNAPSHOT'],
      ['Git-Revision', `\${build.branch}/\${build.commit.id}`],
    ],
  ],
];

/** `/rest/about/…`: what was recorded, word for word. It takes no lock. */
export async function about(request: NodeRequest, what: string): Promise<Reply> {
  if (what === 'version') return version(request);
  const name = RECORDED[what];
  if (name === undefined) return jettyPage(404, 'Not Found', request.url);
  const file = new URL(`../../contracts/geoserver/${name}.http`, import.meta.url);
  const answer = (await readFile(file, 'utf8')).split('### RESPONSE')[1] ?? '';
  const body = answer.slice(answer.search(/\r?\n\r?\n/)).trim();
  return { status: 200, type: 'application/json', body };
}

function version(request: NodeRequest): Reply {
  const resources = VERSIONS.map(
    ([name, fields]): Tree => ({
      name: 'resource',
      attributes: { name },
      children: fields.map(([key, value]) => leaf(key, value)),
    }),
  );
  const tree: Tree = { name: 'about', children: resources };
  if (request.format !== 'html') return documentReply(request, tree);
  const rows = VERSIONS.map(([name, fields]) => {
    const list = fields.map(([key, value]) => `  \t\t\t<li><b>${key}</b> : ${value}</li>`).join('\n');
    return `\t<li><h3>Resource name: ${name}</h3>\n  \t\t<ul>\n${list}\n\t\t</ul>\n\t</li>`;
  });
  const body = `<!DOCTYPE html>\n<html>\n<head><title>GeoServer Configuration</title></head>\n<body>\n<h2>About:</h2>\n<ul>\n${rows.join('\n')}\n</ul>\n</body>\n</html>\n`;
  return { status: 200, type: 'text/html;charset=utf-8', body };
}
