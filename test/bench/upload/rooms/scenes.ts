import { openScene, type Scene } from '../../../faults/scene.ts';
import { startWorld, type World } from '../../../world/world.ts';
import { type Sink, startSink } from '../servers/sink.ts';

/** A deployment that uploads to a sink. */
export interface SinkScene {
  world: World;
  sink: Sink;
  scene: Scene;
}

/** Runs `body` with a deployment of its own, whose workers are yet to be started. */
export async function withScene<T>(
  name: string,
  env: Record<string, string>,
  body: (all: SinkScene) => Promise<T>,
): Promise<T> {
  const sink = await startSink();
  try {
    const world = await startWorld({ nodes: 1 });
    try {
      const { endpoint, region, accessKey, secretKey } = sink.access;
      const scene = await openScene(world, name, {
        GEOSLUICE_S3_ENDPOINT: endpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: accessKey,
        AWS_SECRET_ACCESS_KEY: secretKey,
        GEOSLUICE_S3_BUCKET: sink.bucket,
        ...env,
      });
      try {
        return await body({ world, sink, scene });
      } finally {
        await scene.close();
      }
    } finally {
      await world.stop();
    }
  } finally {
    await sink.stop();
  }
}
