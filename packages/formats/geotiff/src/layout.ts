import type { BlockIndex } from './block-index.ts';
import type { Header } from './header.ts';
import type { Image } from './image.ts';

/** An image whose blocks have been checked. */
export interface CheckedImage extends Image {
  index: BlockIndex;
}

const SMALL = 512;

/**
 * Whether header and data are ordered as a Cloud Optimized GeoTIFF has them: tiled, with overviews unless it is small,
 * all directories before all data, the data of smaller overviews before that of larger images.
 */
export function isCog(header: Header, main: CheckedImage, others: readonly CheckedImage[]): boolean {
  if (!main.tiled) return false;
  const overviews = others.filter(({ role, sub }) => role === 'overview' && !sub);
  if (overviews.length === 0 && (main.width > SMALL || main.height > SMALL)) return false;
  const images = [main, ...overviews];
  const firstByte = Math.min(...images.map(({ index }) => index.firstByte));
  if (images.some(({ directory }) => directory.offset > firstByte)) return false;
  // Between the header and the first directory lies GDAL's ghost area at most.
  if (main.directory.offset > (header.ghost === '' ? 16 : 512)) return false;
  const held = images.filter(({ index }) => index.firstByte !== Infinity);
  return held.every((image, at) => {
    const next = held[at + 1];
    return (
      next === undefined ||
      (next.index.firstByte < image.index.firstByte && next.directory.offset > image.directory.offset)
    );
  });
}

/** Why reading will be slow or odd, as far as structure tells. */
export function structureWarnings(
  main: CheckedImage,
  others: readonly CheckedImage[],
  pixelBits: number,
  overviewsBeside: boolean,
): string[] {
  const warnings: string[] = [];
  const overviews = others.filter(({ role }) => role === 'overview');
  const blockBytes = (main.blockWidth * main.blockHeight * pixelBits) / 8;
  if (!main.tiled && main.rows > 1) warnings.push('striped');
  if (blockBytes > 4 * 1024 * 1024) warnings.push('large-blocks');
  if (main.tiled && main.blocks > 4 && main.blockWidth * main.blockHeight < 128 * 128) warnings.push('small-blocks');
  if (overviews.length === 0) {
    if (overviewsBeside) warnings.push('overviews-external');
    else if (main.width > 1024 || main.height > 1024) warnings.push('no-overviews');
  }
  if (overviews.some(({ sub }) => sub)) warnings.push('overviews-in-subifds');
  if (others.some(({ role }) => role === 'mask')) warnings.push('mask');
  if (others.some(({ role }) => role === 'page')) warnings.push('multi-page');
  if (main.planar && main.bands > 1) warnings.push('band-interleaved');
  if (main.index.sparse === main.blocks) warnings.push('all-sparse');
  else if (main.index.sparse > 0) warnings.push('sparse');
  return warnings;
}
