import type { RegistrationDocument } from '@geosluice/geonode';
import { datasetIdOf } from '@geosluice/jobs';
import type { StockLayer } from '../../geonode/stock-process.ts';
import { exampleDocument } from '../../ports/registrar-conformance.ts';

/** What ours is told of a layer: what GeoServer tells stock of it. */
export function documentOf(layer: StockLayer): RegistrationDocument {
  const { workspace, name, title, abstract, keywords, srs, nativeBbox, wgs84Bbox } = layer;
  return exampleDocument(
    {
      dataset: datasetIdOf({ kind: 's3', bucket: 'inbox', key: `${workspace}/${name}.tif` }),
      layer: {
        ...{ workspace, name, store: name, storeType: 's3geotiff', srs, nativeBbox, wgs84Bbox, style: null },
        wms: `http://geoserver.test/geoserver/${workspace}/${name}/wms`,
      },
      ...{ title, keywords, permissions: 'public' },
    },
    { title, abstract },
  );
}
