/** One element of a REST document, which GeoServer writes as XML (XStream) or as JSON (Jettison) from the same tree. */
export interface Tree {
  name: string;
  attributes?: Readonly<Record<string, string>>;
  text?: string;
  children?: readonly Tree[];
  /** JSON writes the children as an array, even one alone. */
  list?: boolean;
  /** A link to another document: its url without the suffix. */
  href?: string;
  /** Media type in the XML's link where it is not application/xml. */
  linkType?: string;
}

export function leaf(name: string, value: string | number | boolean): Tree {
  return { name, text: String(value) };
}

/** A number as Java's Double.toString writes it: `500000.0`, `1.0E7`, `9.765625E-4`. */
export function javaDouble(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e7)) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}

export function toXml(tree: Tree, indent = ''): string {
  // XStream doubles the underscore of a name
  const name = tree.name.replaceAll('_', '__');
  const attributes = Object.entries(tree.attributes ?? {})
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('');
  const inner = [...(tree.children ?? []).map((each) => toXml(each, `${indent}  `))];
  if (tree.href !== undefined) {
    const type = tree.linkType ?? 'application/xml';
    const link = `<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="alternate" href="${escapeXml(tree.href)}.xml" type="${type}"/>`;
    inner.push(`${indent}  ${link}`);
  }
  if (inner.length > 0) return `${indent}<${name}${attributes}>\n${inner.join('\n')}\n${indent}</${name}>`;
  if (tree.text !== undefined) return `${indent}<${name}${attributes}>${escapeXml(tree.text)}</${name}>`;
  return `${indent}<${name}${attributes}/>`;
}

export function toJson(tree: Tree): string {
  return JSON.stringify({ [tree.name]: jsonValue(tree) });
}

function jsonValue(tree: Tree): unknown {
  const attributes = Object.entries(tree.attributes ?? {});
  const children = tree.children ?? [];
  if (children.length === 0 && attributes.length === 0) {
    if (tree.href !== undefined) return `${tree.href}.json`;
    return typed(tree.text ?? '');
  }
  const value: Record<string, unknown> = {};
  for (const [key, text] of attributes) value[`@${key}`] = typed(text);
  if (tree.text !== undefined) value.$ = typed(tree.text);
  for (const child of children) {
    const one = jsonValue(child);
    const before = value[child.name];
    if (before === undefined) value[child.name] = tree.list === true ? [one] : one;
    else if (Array.isArray(before) && (tree.list === true || multiple.has(before))) before.push(one);
    else {
      const many = [before, one];
      multiple.add(many);
      value[child.name] = many;
    }
  }
  if (tree.href !== undefined) value.href = `${tree.href}.json`;
  return value;
}

/** Arrays made of repeated elements, so that an element whose own value is an array is not mistaken for one. */
const multiple = new WeakSet<object>();

/** Jettison makes a number or a boolean of all that looks like one. */
function typed(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?(E-?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** A tree of a plain document as JSON.parse or the XML parser gives it: `@x` are attributes, `$` is the text. */
export function fromPlain(name: string, value: unknown): Tree[] {
  if (Array.isArray(value)) return value.flatMap((each) => fromPlain(name, each));
  if (typeof value !== 'object' || value === null) return [leaf(name, String(value ?? ''))];
  const attributes: Record<string, string> = {};
  const children: Tree[] = [];
  let text: string | undefined;
  for (const [key, each] of Object.entries(value)) {
    if (key.startsWith('@')) attributes[key.slice(1)] = String(each);
    else if (key === '$') text = String(each);
    else children.push(...fromPlain(key, each));
  }
  return [{ name, attributes, children, ...(text === undefined ? {} : { text }) }];
}
