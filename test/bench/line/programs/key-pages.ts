/** An S3 server that has so many keys and makes up each page as it is asked for it: `key-pages.ts <port> <keys>`. */
import { createServer } from 'node:http';
import { pageOf } from '../key-pages.ts';

const [port = '0', keys = '0'] = process.argv.slice(2);
createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://key-pages');
  const body = pageOf(Number(keys), pathname.split('/')[1] ?? '', searchParams);
  response.writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) }).end(body);
}).listen(Number(port), '127.0.0.1');
