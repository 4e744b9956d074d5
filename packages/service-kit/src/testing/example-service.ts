import { ConfigError } from '../config/load.ts';
import { PROCESS } from '../config/sections.ts';
import { runService } from '../run-service.ts';

await runService({
  name: 'example',
  sections: { process: PROCESS },
  async start() {
    if (process.env.EXAMPLE_REFUSES !== undefined) throw new ConfigError(['EXAMPLE_REFUSES must not be given']);
    const alive = setInterval(() => {}, 1000);
    if (process.env.EXAMPLE_WAITS !== undefined) {
      process.stdout.write('waiting\n');
      await new Promise(() => {});
    }
    if (process.env.EXAMPLE_THROWS !== undefined) void Promise.reject(new Error('nobody caught this'));
    return {
      async close(graceMs) {
        if (process.env.EXAMPLE_HANGS !== undefined) await new Promise(() => {});
        clearInterval(alive);
        process.stdout.write(`closed with ${graceMs}\n`);
      },
    };
  },
});
