import { latLonOf } from '../../counterparts/geoserver/derive.ts';
import type { StockLayer } from '../../geonode/stock-process.ts';

const SIDE = 640;
const IN_A_ROW = 400;

/** So many layers beside each other in UTM 33N, numbered on from `first`: the same for whoever registers them, names apart. */
export function layersOf(workspace: string, first: number, count: number): StockLayer[] {
  return Array.from({ length: count }, (_, index) => layerOf(workspace, first + index));
}

function layerOf(workspace: string, number: number): StockLayer {
  const [west, north] = [500_000 + (number % IN_A_ROW) * SIDE, 5_100_000 - Math.floor(number / IN_A_ROW) * SIDE];
  const nativeBbox: StockLayer['nativeBbox'] = [west, north - SIDE, west + SIDE, north];
  const srs = 'EPSG:32633';
  const box = latLonOf({ minx: west, miny: north - SIDE, maxx: west + SIDE, maxy: north, crs: srs });
  return {
    ...{ workspace, name: `layer_${number.toString(36)}`, title: `Scene ${number}`, srs, nativeBbox },
    abstract: 'Heights above sea level in metres, flown in spring and resampled to ten metres.',
    // no word that is a topic of ISO 19115: ours would make a category of it
    keywords: ['heights', 'survey'],
    wgs84Bbox: [box.minx, box.miny, box.maxx, box.maxy],
  };
}

/** A path with what differs from layer to layer written out of it. */
export function patternOf(path: string): string {
  const [place = '', search = ''] = path.replace(/^\/geoserver/, '').split('?');
  const query = new URLSearchParams(search);
  const service = ['service', 'request'].flatMap((name) => query.get(name) ?? []).join(' ');
  const names = place.replaceAll(/\bws_\w+/g, '{ws}').replaceAll(/\blayer_\w+/g, '{layer}');
  return service === '' ? names : `${names} ${service}`;
}
