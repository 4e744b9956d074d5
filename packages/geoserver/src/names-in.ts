const PAGE = 500;
/** `"name":"…"` of a list's members; the only other field is `href`, whose quotes are escaped. */
const NAME = /"name":("(?:[^"\\]|\\.)*")/g;
/** The longest name a chunk may cut in two, with room for escapes. */
const LONGEST = 8_192;

/** The names in GeoServer's list of workspaces or stores (`{"coverageStores":{"coverageStore":[{"name":…,"href":…}]}}`). */
export async function* namesIn(chunks: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let text = '';
  let page: string[] = [];
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    let end = 0;
    for (const match of text.matchAll(NAME)) {
      page.push(String(JSON.parse(match[1] ?? '""')));
      end = match.index + match[0].length;
    }
    // what may be the begin of a name stays
    text = text.slice(Math.max(end, text.length - LONGEST));
    while (page.length >= PAGE) {
      yield page.slice(0, PAGE);
      page = page.slice(PAGE);
    }
  }
  if (page.length > 0) yield page;
}
