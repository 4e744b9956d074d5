/** Most components looked at; DCMI's schemes have a dozen. */
const MAX_COMPONENTS = 50;

/**
 * DCMI Structured Values (https://www.dublincore.org/specifications/dublin-core/dcmi-dcsv/): `name=value; name=value`,
 * `\;` and `\=` escaped; the old `name: value` too. Names in lower case; null where no component has a name.
 */
export function parseDcsv(text: string): Map<string, string> | null {
  const found = new Map<string, string>();
  for (const component of splitUnescaped(text).slice(0, MAX_COMPONENTS)) {
    const match = /^\s*([A-Za-z][A-Za-z ]{0,30}?)\s*[=:](.*)$/su.exec(component);
    const value = match?.[2]?.replace(/\\([;=:\\.])/g, '$1').trim();
    const name = match?.[1]?.toLowerCase();
    if (name !== undefined && value !== undefined && value !== '' && !found.has(name)) found.set(name, value);
  }
  return found.size > 0 ? found : null;
}

/** At semicolons without a backslash before them. */
function splitUnescaped(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '\\') index++;
    else if (text[index] === ';') {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
