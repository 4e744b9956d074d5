import { XmlError, type XmlErrorCode } from './error.ts';

export interface ScanLimits {
  maxDepth: number;
  maxNodes: number;
  /** Names of document types whose declaration is skipped, as long as it defines nothing; true for all. */
  allowExternalDoctype: boolean | readonly string[];
  /** Local names of elements that are kept without their content. */
  skip: readonly string[];
}

/** What one walk over the text found. */
export interface Scan {
  /** Elements and text only: no declaration, comment, instruction or DOCTYPE; CDATA as escaped text. */
  reduced: string;
  /** Elements, attributes and texts. */
  nodes: number;
}

const SPACE = /^[\t\n\r ]*$/;
// sticky, and each part begins where the one before cannot go on, so that no text makes them slow
const NAME = /[^\s/<>="'&!?]+/y;
const ATTRIBUTE = /\s+[^\s/<>="'&]+\s*=\s*(["'])/y;
const TAG_END = /\s*(\/?)>/y;
const EXTERNAL_DOCTYPE = /^<!DOCTYPE\s+([^\s>[\]]+)(\s+(SYSTEM|PUBLIC\s*("[^"]*"|'[^']*'))\s*("[^"]*"|'[^']*'))?\s*>$/;

/**
 * Walks over a document once, in time linear to its length, before any parser sees it: refuses what is too deep, too
 * much, or declares a document type, and leaves a text on which no two parsers can disagree about what is a tag.
 * @throws XmlError with the line
 */
export function scanXml(text: string, limits: ScanLimits): Scan {
  return new Scanner(text, limits).run();
}

class Scanner {
  private readonly text: string;
  private readonly limits: ScanLimits;
  private readonly out: string[] = [];
  private readonly open: string[] = [];
  private nodes = 0;
  private roots = 0;
  private doctype: string | null = null;
  /** Depth of the element whose content is left out; 0 for none. */
  private skipping = 0;

  constructor(text: string, limits: ScanLimits) {
    this.text = text;
    this.limits = limits;
  }

  run(): Scan {
    const { text } = this;
    let position = 0;
    while (position < text.length) {
      const next = text.indexOf('<', position);
      const end = next < 0 ? text.length : next;
      if (end > position) this.onText(text.slice(position, end), position);
      if (next < 0) break;
      position = this.onMarkup(next);
    }
    if (this.open.length > 0)
      this.fail('not-well-formed', `the document ends inside <${this.open.at(-1)}>; it may be cut off`, text.length);
    if (this.roots === 0) this.fail('not-well-formed', 'there is no element in the document', 0);
    return { reduced: this.out.join(''), nodes: this.nodes };
  }

  private onText(piece: string, position: number): void {
    if (this.open.length === 0) {
      if (!SPACE.test(piece)) this.fail('not-well-formed', 'there is text outside of the root element', position);
      return;
    }
    if (!SPACE.test(piece)) this.count(position);
    this.emit(piece);
  }

  private onMarkup(at: number): number {
    const { text } = this;
    if (text.startsWith('<!--', at)) return this.until('-->', at, 4, 'a comment');
    if (text.startsWith('<?', at)) return this.until('?>', at, 2, 'a processing instruction');
    if (text.startsWith('<![CDATA[', at)) return this.onCdata(at);
    if (text.startsWith('<!', at)) return this.onDeclaration(at);
    if (text.startsWith('</', at)) return this.onClose(at);
    return this.onOpen(at);
  }

  private onCdata(at: number): number {
    const end = this.until(']]>', at, 9, 'a CDATA section');
    this.onText(
      this.text
        .slice(at + 9, end - 3)
        .replace(/&/g, '&amp;')
        .replace(/</g, '&lt;')
        .replace(/>/g, '&gt;'),
      at,
    );
    return end;
  }

  private onDeclaration(at: number): number {
    if (!/^<!doctype/i.test(this.text.slice(at, at + 9)))
      this.fail('not-well-formed', `"${this.text.slice(at, at + 12)}" is not allowed in a document`, at);
    const end = this.text.indexOf('>', at) + 1;
    const match = end > 0 && end - at < 2000 ? EXTERNAL_DOCTYPE.exec(this.text.slice(at, end)) : null;
    const { allowExternalDoctype: allowed } = this.limits;
    const name = match?.[1];
    const skippable = name !== undefined && (allowed === true || (allowed !== false && allowed.includes(name)));
    if (!skippable || this.doctype !== null || this.roots > 0)
      this.fail('doctype-not-allowed', 'a DOCTYPE is not allowed; remove it and write entities as characters', at);
    this.doctype = name ?? null;
    return end;
  }

  private onClose(at: number): number {
    const end = this.text.indexOf('>', at);
    const name = end < 0 ? '' : this.text.slice(at + 2, end).trimEnd();
    const opened = this.open.at(-1);
    if (end < 0 || opened === undefined || opened !== name) {
      const expected = opened === undefined ? 'no element is open' : `</${opened}> is due`;
      this.fail('not-well-formed', `</${name.slice(0, 60)}> closes nothing here: ${expected}`, at);
    }
    if (this.skipping === this.open.length) this.skipping = 0;
    this.emit(`</${name}>`);
    this.open.pop();
    return end + 1;
  }

  private onOpen(at: number): number {
    const name = this.match(NAME, at + 1)?.[0];
    if (name === undefined) this.fail('not-well-formed', 'an element name is missing after <; write < as &lt;', at);
    if (this.open.length >= this.limits.maxDepth)
      this.fail('too-deep', `elements are nested deeper than ${this.limits.maxDepth}`, at);
    if (this.open.length === 0) this.onRoot(name, at);
    this.count(at);
    const end = this.afterAttributes(at + 1 + name.length, name);
    const close = this.match(TAG_END, end);
    if (!close)
      this.fail('not-well-formed', `the tag <${name.slice(0, 60)}> is not closed or has a bad attribute`, end);
    const next = end + close[0].length;
    this.emit(this.text.slice(at, next));
    if (close[1] === '/') return next;
    this.open.push(name);
    const local = name.slice(name.indexOf(':') + 1);
    if (this.skipping === 0 && this.limits.skip.includes(local)) this.skipping = this.open.length;
    return next;
  }

  private onRoot(name: string, at: number): void {
    if (++this.roots > 1) this.fail('not-well-formed', `<${name.slice(0, 60)}> is a second root element`, at);
    if (this.doctype !== null && this.doctype !== name)
      this.fail('doctype-not-allowed', `the DOCTYPE names ${this.doctype}, the root element is ${name}`, at);
  }

  private afterAttributes(from: number, name: string): number {
    let position = from;
    for (let found = this.match(ATTRIBUTE, position); found; found = this.match(ATTRIBUTE, position)) {
      this.count(position);
      const start = position + found[0].length;
      const end = this.text.indexOf(found[1]!, start);
      if (end < 0 || this.text.slice(start, end).includes('<'))
        this.fail('not-well-formed', `an attribute of <${name.slice(0, 60)}> is not closed, or holds a <`, position);
      position = end + 1;
    }
    return position;
  }

  private match(sticky: RegExp, at: number): RegExpExecArray | null {
    sticky.lastIndex = at;
    return sticky.exec(this.text);
  }

  private until(end: string, at: number, after: number, what: string): number {
    const found = this.text.indexOf(end, at + after);
    if (found < 0) this.fail('not-well-formed', `${what} is not closed: ${end} is missing`, at);
    return found + end.length;
  }

  private emit(piece: string): void {
    if (this.skipping === 0) this.out.push(piece);
  }

  private count(at: number, by = 1): void {
    this.nodes += by;
    if (this.nodes > this.limits.maxNodes)
      this.fail('too-many-nodes', `there are more than ${this.limits.maxNodes} elements, attributes and texts`, at);
  }

  private fail(code: XmlErrorCode, message: string, at: number): never {
    let line = 1;
    for (let index = this.text.indexOf('\n'); index >= 0 && index < at; index = this.text.indexOf('\n', index + 1))
      line++;
    throw new XmlError(code, `line ${line}: ${message}`);
  }
}
