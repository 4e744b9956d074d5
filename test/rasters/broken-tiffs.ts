import { writeTiff } from './write-tiff.ts';

const SMALL = { width: 128, height: 128, tileSize: 64, epsg: 32633 } as const;

/** Files that must never become layers, by what is wrong with them. */
export const brokenTiffs = {
  /** No byte at all, as `touch` leaves it. */
  empty: (): Uint8Array => new Uint8Array(0),
  /** A text with a raster's extension. */
  notATiff: (): Uint8Array => new TextEncoder().encode('this is not a tiff\n'),
  /** 26 bytes: the only directory names itself as the next one. */
  cyclic: (): Uint8Array => {
    const bytes = new Uint8Array(26);
    const view = new DataView(bytes.buffer);
    bytes.set([0x49, 0x49, 0x2a, 0x00]);
    view.setUint32(4, 8, true);
    view.setUint16(8, 1, true);
    view.setUint16(10, 256, true);
    view.setUint16(12, 3, true);
    view.setUint32(14, 1, true);
    view.setUint32(18, 1, true);
    view.setUint32(22, 8, true);
    return bytes;
  },
  /** A whole header, but the upload ended in the middle of the tiles. */
  truncated: (): Uint8Array => {
    const whole = writeTiff({ ...SMALL, compression: 'none' });
    return whole.subarray(0, whole.length - 5000);
  },
  /** Cut within the header itself. */
  truncatedHeader: (): Uint8Array => writeTiff(SMALL).subarray(0, 60),
  /** Georeferenced, but in no named coordinate system. */
  noCrs: (): Uint8Array => writeTiff({ ...SMALL, geoKeys: {} }),
  /** Neither place nor coordinate system. */
  noGeoreference: (): Uint8Array => writeTiff({ ...SMALL, geoKeys: {}, georeferenced: false }),
  /** Says LERC, which GeoServer's reader lacks. */
  wrongCompression: (): Uint8Array => writeTiff({ ...SMALL, extraTags: [{ tag: 259, type: 3, values: [34887] }] }),
  /** A projection that has no EPSG code. */
  crsWithoutCode: (): Uint8Array =>
    writeTiff({
      ...SMALL,
      geoKeys: {
        1024: 1,
        1026: 'an LAEA of our own',
        2048: 4326,
        3072: 32767,
        3074: 32767,
        3075: 10,
        3076: 9001,
        3082: [0],
        3083: [0],
        3088: [11.25],
        3089: [47.125],
      },
    }),
  /** A code that no registry knows. */
  unknownCode: (): Uint8Array => writeTiff({ ...SMALL, epsg: 29999, geographic: false }),
} as const;

/** A raster without a place of its own and the world file that lies beside it. */
export function georeferenceOutside(): { tif: Uint8Array; tfw: string } {
  return { tif: brokenTiffs.noGeoreference(), tfw: '10\n0\n0\n-10\n500005\n5099995\n' };
}
