import { type Catalog, createCatalog, type Kinds } from '../../counterparts/geoserver/catalog.ts';
import { DEFAULT_STYLES, stamp } from '../../counterparts/geoserver/context.ts';
import { wktOf } from '../../counterparts/geoserver/crs.ts';
import type { StockLayer } from '../../geonode/stock-process.ts';

const PIXELS = 64;
const SLD = `<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"><NamedLayer><Name>raster</Name><UserStyle>
<Title>Heights</Title><FeatureTypeStyle><Rule><RasterSymbolizer/></Rule></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>`;

/** A GeoServer's catalog in which these layers are published, each with a store and a style of its own. */
export function catalogOf(layers: readonly StockLayer[]): Catalog {
  const catalog = createCatalog();
  for (const style of DEFAULT_STYLES) catalog.apply(style);
  for (const layer of layers) publish(catalog, layer);
  return catalog;
}

/**
 * Stock looks for a global style named as the layer's own, and would get 404: here it is found, and deleted in vain. So no
 * request is refused.
 */
export function withEveryStyle(catalog: Catalog): Catalog {
  return {
    ...catalog,
    get(kind, key) {
      const found = catalog.get(kind, key);
      if (found !== undefined || kind !== 'style' || !key.startsWith(':')) return found;
      return { name: key.slice(1), sld: SLD } as Kinds[typeof kind];
    },
  };
}

/** Its layers are there, but no store tells of its coverage. */
export function withoutLists(catalog: Catalog): Catalog {
  return { ...catalog, list: (kind, workspace) => (kind === 'coverage' ? [] : catalog.list(kind, workspace)) };
}

function publish(catalog: Catalog, { workspace, name, title, abstract, keywords, srs, ...boxes }: StockLayer): void {
  const key = `${workspace}:${name}`;
  const dateCreated = stamp(new Date());
  const [minx, miny, maxx, maxy] = boxes.nativeBbox;
  const [west, south, east, north] = boxes.wgs84Bbox;
  const [scaleX, scaleY] = [(maxx - minx) / PIXELS, (miny - maxy) / PIXELS];
  catalog.apply({ kind: 'workspace', key: workspace, value: { name: workspace, dateCreated } });
  catalog.apply({
    ...{ kind: 'store', key },
    value: { workspace, name, type: 'S3GeoTiff', enabled: true, url: `alias://geodata/${name}.tif`, dateCreated },
  });
  catalog.apply({
    ...{ kind: 'coverage', key },
    value: {
      ...{ workspace, store: name, name, nativeName: name, title, abstract, keywords, srs, nativeCRS: wktOf(srs) },
      nativeBoundingBox: { minx, miny, maxx, maxy, crs: srs },
      latLonBoundingBox: { minx: west, miny: south, maxx: east, maxy: north, crs: 'EPSG:4326' },
      projectionPolicy: 'REPROJECT_TO_DECLARED',
      enabled: true,
      advertised: true,
      grid: {
        ...{ width: PIXELS, height: PIXELS, scaleX, scaleY, shearX: 0, shearY: 0, crs: srs },
        ...{ translateX: minx + scaleX / 2, translateY: maxy + scaleY / 2 },
      },
    },
  });
  catalog.apply({ kind: 'style', key, value: { workspace, name, sld: SLD, dateCreated } });
  catalog.apply({
    ...{ kind: 'layer', key },
    value: { workspace, name, store: name, style: { name, workspace }, changed: false, dateCreated },
  });
}
