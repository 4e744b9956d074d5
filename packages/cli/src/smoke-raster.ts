/** Side of the raster in pixels, and of a pixel in degrees. */
const SIDE = 64;
const DEGREES = 0.01;

const SHORT = 3;
const LONG = 4;
const DOUBLE = 12;
const BYTES = { [SHORT]: 2, [LONG]: 4, [DOUBLE]: 8 } as const;

type Field = [tag: number, type: keyof typeof BYTES, values: readonly number[]];

/** Where the raster lies: west, south, east, north. */
export const SMOKE_BBOX = [0, 0, SIDE * DEGREES, SIDE * DEGREES] as const;

/** A GeoTIFF of 64 × 64 grey pixels off the coast of Africa, where longitude and latitude are 0. */
export function smokeRaster(): Buffer {
  const fields: Field[] = [
    [256, SHORT, [SIDE]],
    [257, SHORT, [SIDE]],
    [258, SHORT, [8]],
    [259, SHORT, [1]],
    [262, SHORT, [1]],
    [273, LONG, [0]],
    [277, SHORT, [1]],
    [278, SHORT, [SIDE]],
    [279, LONG, [SIDE * SIDE]],
    [33550, DOUBLE, [DEGREES, DEGREES, 0]],
    [33922, DOUBLE, [0, 0, 0, SMOKE_BBOX[0], SMOKE_BBOX[3], 0]],
    // geographic, pixels are areas, EPSG:4326
    [34735, SHORT, [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326]],
  ];
  const directory = 8;
  let end = directory + 2 + fields.length * 12 + 4;
  const places = fields.map(([, type, values]) => {
    const size = BYTES[type] * values.length;
    if (size <= 4) return null;
    const place = end;
    end += size;
    return place;
  });
  const file = Buffer.alloc(end + SIDE * SIDE);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(directory, 4);
  file.writeUInt16LE(fields.length, directory);
  for (const [index, [tag, type, values]] of fields.entries()) {
    const at = directory + 2 + index * 12;
    const place = places[index] ?? null;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(values.length, at + 4);
    if (place !== null) file.writeUInt32LE(place, at + 8);
    // 273 says where the pixels begin, which is known only now
    write(file, place ?? at + 8, type, tag === 273 ? [end] : values);
  }
  for (let at = 0; at < SIDE * SIDE; at += 1) file[end + at] = 64 + (at % SIDE) + Math.floor(at / SIDE);
  return file;
}

function write(file: Buffer, at: number, type: keyof typeof BYTES, values: readonly number[]): void {
  for (const [index, value] of values.entries()) {
    const place = at + index * BYTES[type];
    if (type === SHORT) file.writeUInt16LE(value, place);
    else if (type === LONG) file.writeUInt32LE(value, place);
    else file.writeDoubleLE(value, place);
  }
}

/** Its Dublin Core sidecar. */
export function smokeSidecar(title: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
  <dc:title>${title}</dc:title>
  <dc:description>Sent through by geosluice smoke; it may be removed.</dc:description>
  <dc:subject>geosluice</dc:subject>
  <dc:type>Image</dc:type>
</metadata>
`;
}
