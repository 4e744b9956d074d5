// Runs one of the workspace's programs under its own Node 24, installing the workspace first where it is missing or
// out of date. Plain JavaScript, because the machine's own Node (20 or newer) runs this file.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const stamp = join(root, 'node_modules', '.geosluice-installed');

install();
const [first, ...rest] = process.argv.slice(2);
const isBin = first === '--bin';
const command = isBin ? join(bin, rest[0]) : join(bin, 'node');
const args = isBin ? rest.slice(1) : ['--disable-warning=ExperimentalWarning', join(root, first), ...rest];
// npm runs scripts at the top of the workspace; INIT_CWD is where the command was typed
const child = spawn(command, args, {
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    GEOSLUICE_CALLED_FROM: process.env.INIT_CWD ?? process.cwd(),
  },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + 15));

function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .update(readFileSync(join(root, 'pnpm-workspace.yaml')))
    .digest('hex');
  if (existsSync(join(bin, 'node')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  process.stderr.write(`geosluice: installing the workspace with ${packageManager} …\n`);
  const { status } = spawnSync(
    'npx',
    ['--yes', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'],
    {
      cwd: root,
      // Only its faults are of interest; a newcomer waits for the program, not for the list of packages.
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, CI: 'true' },
    },
  );
  if (status !== 0) {
    process.stderr.write('geosluice: the workspace could not be installed; run `npx pnpm install` to see why.\n');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
