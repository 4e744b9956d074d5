import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { decodeXml, dropForbidden } from './decode.ts';
import type { XmlElement } from './element.ts';
import { decodeEntities } from './entities.ts';
import { XmlError } from './error.ts';
import { NO_SCOPE, resolveElement, type Scope } from './namespaces.ts';
import { scanXml } from './scan.ts';

export interface ReadOptions {
  /** Default 1 MiB. */
  maxBytes?: number;
  /** Levels of elements; default 64, at most 512. */
  maxDepth?: number;
  /** Elements, attributes and texts together; default 20,000. */
  maxNodes?: number;
  /**
   * Skips a DOCTYPE that names its root and an external file (which is never fetched) and defines nothing itself:
   * true for any, or only for these root names. Any other DOCTYPE is refused always.
   */
  allowExternalDoctype?: boolean | readonly string[];
  /** Local names of elements that are read without their content, e.g. embedded pictures. */
  skip?: readonly string[];
}

export const DEFAULT_MAX_BYTES = 1024 * 1024;
const DEEPEST = 512;

const PARSER = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  // every default that changes a value is off; entities are replaced here, by a list of five
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  maxNestedTags: DEEPEST + 1,
  jPath: false,
  onDangerousProperty: (name) => name,
});

/** One node as fast-xml-parser gives it with preserveOrder: a text, or one element name with its content. */
type RawNode = Record<string, unknown>;

/**
 * Reads a whole document, bounded before any parser sees it, and gives its root element.
 * Text is kept as it stands; `trim` and numbers are the caller's.
 * @throws XmlError
 */
export function readXml(input: Uint8Array | string, options: ReadOptions = {}): XmlElement {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  const size = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength;
  if (size > maxBytes) throw new XmlError('too-large', `the document has ${size} bytes, more than ${maxBytes}`);
  const text = typeof input === 'string' ? dropForbidden(input.replace(/^\ufeff/, '')) : decodeXml(input).text;
  const { reduced } = scanXml(text, {
    maxDepth: Math.min(options.maxDepth ?? 64, DEEPEST),
    maxNodes: options.maxNodes ?? 20_000,
    allowExternalDoctype: options.allowExternalDoctype ?? false,
    skip: options.skip ?? [],
  });
  const root = parse(reduced).find((node) => nameOf(node) !== undefined);
  if (!root) throw new XmlError('not-well-formed', 'there is no element in the document');
  return build(root, NO_SCOPE);
}

function parse(reduced: string): RawNode[] {
  const verdict = XMLValidator.validate(reduced);
  if (verdict !== true) throw new XmlError('not-well-formed', verdict.err.msg.slice(0, 300));
  try {
    return PARSER.parse(reduced) as RawNode[];
  } catch (cause) {
    throw new XmlError('not-well-formed', cause instanceof Error ? cause.message.slice(0, 300) : 'not readable', {
      cause,
    });
  }
}

function nameOf(node: RawNode): string | undefined {
  return Object.keys(node).find((key) => key !== ':@' && key !== '#text');
}

/** Recursion is as deep as scanXml lets the document be. */
function build(node: RawNode, outer: Scope): XmlElement {
  const name = nameOf(node)!;
  const raw = Object.entries((node[':@'] ?? {}) as Record<string, unknown>).map(
    // white space in attribute values is one space a character (XML 1.0, 3.3.3)
    ([key, value]) => [key.slice(1), decodeEntities(String(value).replace(/[\t\n\r]/g, ' '))] as const,
  );
  const { scope, local, namespace, attributes } = resolveElement(name, raw, outer);
  const content: Array<string | XmlElement> = [];
  for (const part of node[name] as RawNode[]) {
    if (nameOf(part) !== undefined) content.push(build(part, scope));
    else if (typeof part['#text'] === 'string') content.push(decodeEntities(part['#text']));
  }
  return {
    name,
    local,
    namespace,
    attributes,
    content,
    children: content.filter((part) => typeof part !== 'string'),
    text: content.filter((part) => typeof part === 'string').join(''),
  };
}
