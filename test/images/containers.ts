import { randomBytes } from 'node:crypto';
import { openPodman, startPodmanService } from '../counterparts/podman.ts';
import { REDIS, redisImage, S3, s3Image } from './bases.ts';

const REGION = 'us-east-1';

/** Environment by which counterparts.ts of tests takes a Redis and an S3 that are there already. */
export interface Containers {
  env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Redis and S3 in containers of testcontainers, over podman's socket, from images built on this machine. */
export async function startContainers(): Promise<Containers> {
  const podman = await openPodman();
  await redisImage(podman);
  await s3Image(podman);
  const service = await startPodmanService(podman);
  // testcontainers reads them when it is loaded
  Object.assign(process.env, service.env);
  const { GenericContainer, Wait } = await import('testcontainers');
  const keys = { ROOT_ACCESS_KEY: 'geosluice', ROOT_SECRET_KEY: randomBytes(16).toString('hex') };
  const started: Array<{ stop(): Promise<unknown> }> = [];
  const stop = async (): Promise<void> => {
    for (const one of started) await one.stop();
    await service.stop();
  };
  try {
    const redis = await new GenericContainer(REDIS)
      .withName(podman.name('redis'))
      .withCommand([
        'redis-server',
        '--protected-mode',
        'no',
        '--appendonly',
        'yes',
        '--maxmemory-policy',
        'noeviction',
        '--save',
        '',
      ])
      .withExposedPorts(6379)
      .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
      .start();
    started.push(redis);
    const s3 = await new GenericContainer(S3)
      .withName(podman.name('s3'))
      .withEnvironment(keys)
      .withCommand([
        ...['--port', ':7070', '--region', REGION, '--keep-alive', '--health', '/health'],
        'posix',
        '/data',
      ])
      .withExposedPorts(7070)
      .withWaitStrategy(Wait.forHttp('/health', 7070))
      .start();
    started.push(s3);
    return {
      env: {
        GEOSLUICE_TEST_REDIS_URL: `redis://127.0.0.1:${redis.getMappedPort(6379)}`,
        GEOSLUICE_TEST_S3_ENDPOINT: `http://127.0.0.1:${s3.getMappedPort(7070)}`,
        GEOSLUICE_TEST_S3_REGION: REGION,
        GEOSLUICE_TEST_S3_ACCESS_KEY: keys.ROOT_ACCESS_KEY,
        GEOSLUICE_TEST_S3_SECRET_KEY: keys.ROOT_SECRET_KEY,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
