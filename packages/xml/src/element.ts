export interface XmlAttribute {
  readonly local: string;
  /** Resolved; empty for an attribute without a prefix. */
  readonly namespace: string;
  readonly value: string;
}

/** One element with resolved namespaces. Values are text as it stands: nothing is trimmed or made a number. */
export interface XmlElement {
  /** As written, with its prefix; for messages. Decide by `local` and `namespace`. */
  readonly name: string;
  readonly local: string;
  /** Resolved; empty where there is none. */
  readonly namespace: string;
  /** In document order, namespace declarations left out. */
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The element's own text, that of its children left out. */
  readonly text: string;
  /** Texts and children in document order. */
  readonly content: ReadonlyArray<string | XmlElement>;
}

/** First child of that local name, in `namespace` where one is given. */
export function child(element: XmlElement, local: string, namespace?: string): XmlElement | undefined {
  return element.children.find((each) => is(each, local, namespace));
}

/** All children of that local name, in `namespace` where one is given. */
export function children(element: XmlElement, local: string, namespace?: string): XmlElement[] {
  return element.children.filter((each) => is(each, local, namespace));
}

/** Follows local names downwards; the first match at each step. */
export function at(element: XmlElement, ...path: string[]): XmlElement | undefined {
  let found: XmlElement | undefined = element;
  for (const local of path) found = found && child(found, local);
  return found;
}

export function is(element: XmlElement, local: string, namespace?: string): boolean {
  return element.local === local && (namespace === undefined || element.namespace === namespace);
}

/** Value of an attribute; without `namespace`, of one that has no prefix. */
export function attribute(element: XmlElement, local: string, namespace = ''): string | undefined {
  return element.attributes.find((each) => each.local === local && each.namespace === namespace)?.value;
}

/** All text in and below the element, in document order, trimmed; empty for undefined. */
export function textOf(element: XmlElement | undefined): string {
  return element ? fullText(element).trim() : '';
}

function fullText(element: XmlElement): string {
  // as deep as readXml allows, so recursion is bounded
  return element.content.map((part) => (typeof part === 'string' ? part : fullText(part))).join('');
}

/** Elements below in document order, the element itself left out; at most `limit` are visited. */
export function* descendants(
  element: XmlElement,
  local?: string,
  namespace?: string,
  limit = 20_000,
): Generator<XmlElement> {
  const stack = [...element.children].reverse();
  for (let visited = 0; stack.length > 0 && visited < limit; visited++) {
    const next = stack.pop()!;
    if (local === undefined || is(next, local, namespace)) yield next;
    for (let index = next.children.length - 1; index >= 0; index--) stack.push(next.children[index]!);
  }
}
