/** One server-sent event. `id` is the last one seen on the stream, this event's own or an earlier one's. */
export interface ServerSentEvent {
  id: string;
  event: string;
  data: string;
}

export interface SseState {
  /** What to send as Last-Event-ID. */
  lastEventId: string;
  /** What the server asked to wait before the next connection; null where it did not. */
  retryMs: number | null;
}

/** Longest event, in characters; a longer one is an error, since only a broken server sends it. */
const MAX_EVENT = 1024 * 1024;

/**
 * Reads a text/event-stream as the HTML standard says (line ends CR, LF or CRLF, comments, a data field over many lines).
 * `state` is kept up to date for the next connection.
 */
export async function* readServerSentEvents(
  chunks: AsyncIterable<Uint8Array>,
  state: SseState,
): AsyncGenerator<ServerSentEvent> {
  // the decoder takes away a byte order mark at the start
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let data: string[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    // a CR at the end may be half of a CRLF: it waits for the next chunk
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { id: state.lastEventId, event: event || 'message', data: data.join('\n') };
        event = '';
        data = [];
        size = 0;
        continue;
      }
      size += line.length;
      const [field, value] = splitLine(line);
      if (field === 'data') data.push(value);
      else if (field === 'event') event = value;
      else if (field === 'id' && !value.includes('\u0000')) state.lastEventId = value;
      else if (field === 'retry' && /^\d{1,9}$/.test(value)) state.retryMs = Number(value);
    }
    if (size + rest.length > MAX_EVENT) throw new Error(`an event has more than ${MAX_EVENT} characters`);
  }
}

function splitLine(line: string): [field: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}
