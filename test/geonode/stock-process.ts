import { join } from 'node:path';
import { SILENT } from '@geosluice/jobs';
import { startLineProcess } from '../../packages/geonode/src/line-process.ts';
import type { GeonodeServer } from '../counterparts/geonode.ts';

/** A layer that GeoServer has, and what a dataset of it is to say. Its store is named as the layer is. */
export interface StockLayer {
  workspace: string;
  name: string;
  title: string;
  abstract: string;
  keywords: string[];
  srs: string;
  /** [west, south, east, north] in units of the SRS. */
  nativeBbox: [number, number, number, number];
  /** The same in degrees. */
  wgs84Bbox: [number, number, number, number];
}

/** GeoNode's own ways of registering, in one process that stays up: stock/stock.py. */
export interface StockProcess {
  pid: number;
  /** By the resource manager's `create` and `update`. @throws Error where one of them is not there afterwards */
  create(layers: readonly StockLayer[]): Promise<void>;
  /** By the command `updatelayers`, all layers of a workspace. @throws Error where there are not so many afterwards */
  updateLayers(workspace: string, count: number): Promise<void>;
  /** Within seconds, also where it is at work. */
  end(): Promise<void>;
}

/** Where Python finds `stock`. */
export const STOCK_FOLDER = join(import.meta.dirname, 'stock');
/** In place of GeoNode's, for the process that registers. */
export const NO_THUMBNAIL = 'stock.no_thumbnail';

/** Resolves once GeoNode is loaded. @param geonode whose settings and database it has */
export async function startStock({ python, env }: Pick<GeonodeServer, 'python' | 'env'>): Promise<StockProcess> {
  const waiting: Array<PromiseWithResolvers<Answer>> = [];
  const next = (): Promise<Answer> => {
    const one = Promise.withResolvers<Answer>();
    waiting.push(one);
    return one.promise;
  };
  const ready = next();
  const child = startLineProcess(
    [python, '-m', 'stock'],
    { ...env, PYTHONPATH: `${env.PYTHONPATH ?? ''}:${STOCK_FOLDER}`, THUMBNAIL_GENERATOR: NO_THUMBNAIL },
    SILENT,
    {
      line: (line) => waiting.shift()?.resolve(JSON.parse(line) as Answer),
      ended(error) {
        for (const { reject } of waiting.splice(0)) reject(error);
      },
    },
  );
  const make = async (order: object, count: number): Promise<void> => {
    const [{ made, error }] = await Promise.all([next(), child.write(JSON.stringify(order))]);
    if (error !== undefined) throw new Error(`stock GeoNode failed:\n${error}`);
    if (made !== count) throw new Error(`stock GeoNode made ${made} of ${count} datasets`);
  };
  await ready;
  return {
    pid: child.pid,
    create: (layers) => make({ create: layers }, layers.length),
    updateLayers: (workspace, count) => make({ updatelayers: workspace }, count),
    end: () => child.end(),
  };
}

interface Answer {
  ready?: true;
  made?: number;
  error?: string;
}
