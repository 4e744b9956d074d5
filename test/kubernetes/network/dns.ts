import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const TYPE_A = 1;
const CLASS_IN = 1;
const NAME_UNKNOWN = 3;
const TTL_SECONDS = 1;
/** A name is told by a pointer to where the question has it. */
const NAME_OF_QUESTION = 0xc00c;
/** What fits into an answer by UDP that need not be extended. */
const MOST_ADDRESSES = 25;

export interface NameServer {
  stop(): Promise<void>;
}

/**
 * A name server for pods: IPv4 addresses of what is in the cluster, and nothing else.
 * @param resolve the addresses of a name in lower case, null where there is no such name
 */
export async function startNameServer(
  address: string,
  resolve: (name: string) => readonly string[] | null,
): Promise<NameServer> {
  const socket: Socket = createSocket('udp4');
  socket.on('message', (query, { port, address: asker }) => {
    const answer = answerTo(query, resolve);
    if (answer !== null) socket.send(answer, port, asker);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
  socket.on('error', () => {});
  socket.unref();
  return {
    stop: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** The answer to a query's bytes, or null where they are none. */
export function answerTo(query: Buffer, resolve: (name: string) => readonly string[] | null): Buffer | null {
  const question = readQuestion(query);
  if (question === null) return null;
  const found = resolve(question.name);
  const addresses = question.type === TYPE_A && found !== null ? found.slice(0, MOST_ADDRESSES) : [];
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  const recursionDesired = (query[2] ?? 0) & 0x01;
  header[2] = 0x84 | recursionDesired; // an answer, authoritative
  header[3] = 0x80 | (found === null ? NAME_UNKNOWN : 0);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([header, query.subarray(12, question.end), ...addresses.map(record)]);
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } | null {
  if (query.length < 17 || query.readUInt16BE(4) !== 1) return null;
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > 63) return null;
    at += 1;
    if (length === 0) break;
    labels.push(query.toString('latin1', at, at + length));
    at += length;
  }
  if (at + 4 > query.length) return null;
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at), end: at + 4 };
}

function record(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(NAME_OF_QUESTION, 0);
  bytes.writeUInt16BE(TYPE_A, 2);
  bytes.writeUInt16BE(CLASS_IN, 4);
  bytes.writeUInt32BE(TTL_SECONDS, 6);
  bytes.writeUInt16BE(4, 10);
  address.split('.').forEach((part, index) => {
    bytes[12 + index] = Number(part);
  });
  return bytes;
}
