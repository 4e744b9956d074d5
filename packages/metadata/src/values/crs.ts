/** The EPSG code (or 84 for CRS84) that a text names, if the whole text is the name of a reference system. */
export function crsCode(text: string): { authority: string; code: string; style: 'short' | 'urn' } | null {
  const trimmed = text.trim().slice(0, 200);
  const short = /^(EPSG|ESRI|CRS|OGC):(?:CRS)?(\d{1,6})$/i.exec(trimmed);
  if (short) return { authority: (short[1] ?? '').toUpperCase(), code: short[2] ?? '', style: 'short' };
  const urn =
    /^urn:(?:x-)?ogc:def:crs:([A-Z]+):[\d.]*:(?:CRS)?(\d{1,6})$/i.exec(trimmed) ??
    /^https?:\/\/www\.opengis\.net\/def\/crs\/([A-Z]+)\/[\d.]+\/(?:CRS)?(\d{1,6})$/i.exec(trimmed);
  if (urn) return { authority: (urn[1] ?? '').toUpperCase(), code: urn[2] ?? '', style: 'urn' };
  return null;
}

/** True for a reference system whose numbers are longitude and latitude on WGS84, or so near that a check cannot tell. */
export function isGeographic(text: string): boolean {
  const named = crsCode(text);
  if (named) return ['4326', '84', '4258', '4269', '4979', '4171', '4283'].includes(named.code);
  return (
    /wgs[\s_-]*(19)?84|^geographic|^lat\w*[\s/-]*lon|^etrs[\s_-]*(19)?89$|^nad[\s_-]*(19)?83$|^crs:?84$/i.test(text) &&
    !/utm|mercator/i.test(text)
  );
}

/** `EPSG:<code>` where the text names one. */
export function epsgOf(text: string): string | null {
  const named = crsCode(text);
  if (!named) return null;
  if (named.code === '84' && named.authority !== 'EPSG') return 'EPSG:4326';
  return named.authority === 'EPSG' ? `EPSG:${named.code}` : null;
}
