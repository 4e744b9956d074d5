import { readdir, readFile } from 'node:fs/promises';

const FOLDER = new URL('../../../contracts/geoserver/', import.meta.url);

/** One recorded request and its answer. */
export interface Exchange {
  name: string;
  method: string;
  /** Path and query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  answer: { status: number; headers: Readonly<Record<string, string>>; body: string };
}

export async function exchangeNames(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return files.filter((file) => file.endsWith('.http')).map((file) => file.slice(0, -'.http'.length));
}

export async function readExchange(name: string): Promise<Exchange> {
  const text = await readFile(new URL(`${name}.http`, FOLDER), 'utf8');
  const [asked = '', answered = ''] = text.split(/\n### RESPONSE [^\n]*\n/);
  const request = parse(asked.replace(/^(# [^\n]*\n)+/, ''));
  const [method = '', path = ''] = request.first.split(' ');
  const answer = parse(answered);
  return {
    name,
    method,
    path,
    headers: request.headers,
    body: request.body,
    answer: { status: Number(answer.first.split(' ')[1]), headers: answer.headers, body: answer.body },
  };
}

/** A recorded picture. */
export function readPicture(name: string): Promise<Buffer> {
  return readFile(new URL(`${name}.png`, FOLDER));
}

function parse(text: string): { first: string; headers: Record<string, string>; body: string } {
  const end = text.indexOf('\n\n');
  const [first = '', ...lines] = (end < 0 ? text : text.slice(0, end)).split('\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(': ');
    if (colon > 0) headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 2);
  }
  return { first, headers, body: end < 0 ? '' : text.slice(end + 2).replace(/\n$/, '') };
}
