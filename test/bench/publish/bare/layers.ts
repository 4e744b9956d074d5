import type { PublishJob } from '@geosluice/jobs';
import { newCoverageDocument } from '../../../../packages/geoserver/src/coverage-body.ts';
import { decideViews, mapPath } from '../../../../packages/geoserver/src/decide-drawn.ts';
import { paths } from '../../../../packages/geoserver/src/rest.ts';
import { nativeNameOf, storeDocument, wantedStore } from '../../../../packages/geoserver/src/store-body.ts';
import type { BareLayer } from './order.ts';

/** The requests that publish a job's object: the same documents and map as ours sends. */
export function bareLayer({ workspace, name, dataset, object, facts, metadata }: PublishJob, alias: string): BareLayer {
  const store = wantedStore(name, 's3geotiff', object, dataset, { s3geotiff: { alias }, cog: { range: 'S3' } });
  const coverage = newCoverageDocument({
    ...{ name, nativeName: nativeNameOf(object.key), facts, metadataLinks: [] },
    ...{ title: metadata.title ?? name, abstract: metadata.abstract ?? '', keywords: metadata.keywords },
  });
  const [view] = decideViews(facts);
  return {
    store: { path: paths.stores(workspace), body: JSON.stringify(storeDocument(workspace, store)) },
    coverage: { path: paths.coverages(workspace, name), body: JSON.stringify(coverage) },
    map: mapPath({ workspace, name, srs: facts.srs }, view?.bbox ?? facts.nativeBbox),
  };
}
