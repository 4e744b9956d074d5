import type { DatasetMetadata, RasterFacts } from '@geosluice/jobs';
import { decodeXml, peekRoot, readXml, type XmlElement, XmlError } from '@geosluice/xml';
import { assemble } from './assemble.ts';
import type { Collected } from './collected.ts';
import { type Dialect, detect, type Other } from './detect.ts';
import { readCsw } from './dialects/csw.ts';
import { readDublinCore, readPlain } from './dialects/dublin-core.ts';
import { readEsri } from './dialects/esri.ts';
import { readFgdc } from './dialects/fgdc.ts';
import { readIso } from './dialects/iso.ts';
import { readQgis } from './dialects/qgis.ts';
import { readRdf } from './dialects/rdf.ts';
import { MetadataError } from './error.ts';
import { fitMetadata } from './fit.ts';

export interface SidecarContext {
  /** The sidecar's file name: the subject of errors. */
  name: string;
  /** The raster's file name without its extension, to find what an RDF document says of it. */
  stem?: string | undefined;
  /** Facts of the raster, which a box is checked against and which decide between readings of an ambiguous one. */
  raster?: Pick<RasterFacts, 'wgs84Bbox' | 'srs'> | undefined;
  /** Preferred language of title and abstract, e.g. `de` or `ger`; the first otherwise. */
  language?: string | undefined;
  /** For warnings of dates in the future; the present by default. */
  now?: Date | undefined;
}

/** Bytes of a sidecar. */
export const MAX_SIDECAR_BYTES = 1024 * 1024;
/** Bytes of ISO and ArcGIS documents, which hold pictures; those are skipped. */
export const MAX_SIDECAR_BYTES_WITH_PICTURES = 5 * 1024 * 1024;
const WITH_PICTURES: ReadonlySet<Dialect> = new Set<Dialect>(['iso19139', 'iso19115-3', 'esri']);
const LARGE_ROOTS: ReadonlySet<string> = new Set([
  'metadata',
  'MD_Metadata',
  'MI_Metadata',
  'GetRecordByIdResponse',
  'GetRecordsResponse',
]);

const OTHERS: Readonly<Record<Other, string>> = {
  pam: 'GDAL’s auxiliary file (PAM)',
  sld: 'a style (SLD)',
  'qgis-style': 'a QGIS style (QML)',
};

/**
 * Reads a sidecar of any dialect in docs/metadata.md into one description of at most MAX_METADATA_BYTES.
 * What is odd but readable is told in its `warnings`.
 * @throws MetadataError for what is refused or no metadata; nothing else
 */
export function readSidecar(bytes: Uint8Array, context: SidecarContext): DatasetMetadata {
  const { name } = context;
  try {
    const { text, warnings } = decode(bytes);
    const root = readXml(text, {
      maxBytes: 4 * MAX_SIDECAR_BYTES_WITH_PICTURES,
      allowExternalDoctype: ['qgis'],
      skip: ['Binary'],
    });
    const { dialect, node } = recognise(root, name);
    if (bytes.byteLength > MAX_SIDECAR_BYTES && !WITH_PICTURES.has(dialect)) throw tooLarge(bytes);
    const found = read(dialect, node, context);
    found.warnings.unshift(...warnings);
    return fitMetadata(assemble(dialect, found, { ...context, now: context.now ?? new Date() }));
  } catch (cause) {
    if (cause instanceof XmlError)
      throw new MetadataError(cause.code, `${name}: ${cause.message}`, { subject: name, cause });
    throw cause;
  }
}

function decode(bytes: Uint8Array): { text: string; warnings: string[] } {
  if (bytes.byteLength > MAX_SIDECAR_BYTES_WITH_PICTURES) throw tooLarge(bytes);
  const decoded = decodeXml(bytes);
  // refused before it is parsed: only few roots may be large
  if (bytes.byteLength > MAX_SIDECAR_BYTES && !LARGE_ROOTS.has(peekRoot(decoded.text)?.local ?? ''))
    throw tooLarge(bytes);
  return decoded;
}

function tooLarge(bytes: Uint8Array): XmlError {
  const limits = `${MAX_SIDECAR_BYTES} (${MAX_SIDECAR_BYTES_WITH_PICTURES} for ISO and ArcGIS)`;
  return new XmlError('too-large', `the document has ${bytes.byteLength} bytes, more than ${limits}`);
}

function recognise(root: XmlElement, name: string): { dialect: Dialect; node: XmlElement } {
  const detected = detect(root);
  const where = root.namespace === '' ? 'no namespace' : `namespace ${root.namespace.slice(0, 200)}`;
  if (!detected)
    throw new MetadataError(
      'unknown-dialect',
      `${name}: root element <${root.name.slice(0, 100)}> (${where}) is no metadata known here; use Dublin Core elements (http://purl.org/dc/elements/1.1/), ISO 19139, FGDC, ArcGIS or QGIS metadata`,
      { subject: name },
    );
  if ('other' in detected)
    throw new MetadataError(
      'not-metadata',
      `${name}: root element <${root.name.slice(0, 100)}> is ${OTHERS[detected.other]}, not metadata`,
      {
        subject: name,
      },
    );
  return detected;
}

function read(dialect: Dialect, node: XmlElement, context: SidecarContext): Collected {
  switch (dialect) {
    case 'rdf':
      return readRdf(node, { names: subjectNames(context) });
    case 'csw':
      return readCsw(node);
    case 'plain':
      return readPlain(node);
    case 'iso19139':
    case 'iso19115-3':
      return readIso(node);
    case 'fgdc':
      return readFgdc(node);
    case 'esri':
      return readEsri(node);
    case 'qgis':
      return readQgis(node);
    default:
      return readDublinCore(node);
  }
}

function subjectNames({ name, stem }: SidecarContext): string[] {
  const withoutXml = name.replace(/\.[^.]+$/, '');
  return [
    stem ?? '',
    withoutXml,
    withoutXml.replace(/\.tiff?$/i, ''),
    ...['.tif', '.tiff'].map((end) => (stem ? stem + end : '')),
  ];
}
