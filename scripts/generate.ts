/** Writes the pages that come from code; with --check, only says whether they are current (exit 1 where not). */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pages } from './pages.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');
let stale = 0;
for (const [path, content] of Object.entries(pages())) {
  const file = join(root, path);
  let there = '';
  try {
    there = readFileSync(file, 'utf8');
  } catch {
    // not written yet
  }
  if (there === content) continue;
  stale += 1;
  if (!check) writeFileSync(file, content);
  process.stdout.write(`${path} ${check ? 'is not current; run npm run generate' : 'written'}\n`);
}
process.exit(check && stale > 0 ? 1 : 0);
