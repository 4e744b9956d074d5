/**
 * The test run: `npm test` (everything but KEDA), `npm run test:unit`, `npm run test:kubernetes`, `npm run test:keda` …
 * One closing line: `N passed, N failed`, and `, N skipped` where something was skipped (in CI that fails the run).
 */
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { CHECKS } from './checks.ts';
import { beginPreparations } from './preparations.ts';
import { contractOnly, ROOT, SUITES, type Suite } from './suites.ts';

const [wanted = 'all', ...only] = process.argv.slice(2);
const suites =
  wanted === 'all' ? SUITES.filter(({ apart }) => apart !== true) : SUITES.filter(({ name }) => name === wanted);
if (suites.length === 0) {
  process.stderr.write(`no suite "${wanted}"; there are: all, ${SUITES.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const totals = { passed: 0, failed: 0, skipped: 0 };
// what takes minutes to build is built beside the suites that come first
const prepared = beginPreparations(only.length === 0 ? suites.map(({ name }) => name) : []);
if (wanted === 'all') {
  for (const { title, passes } of CHECKS) {
    const good = await passes(ROOT);
    process.stdout.write(`${good ? '✔' : '✖'} ${title}\n`);
    totals[good ? 'passed' : 'failed'] += 1;
  }
}
for (const suite of suites) {
  await prepared.waitFor(suite.name);
  await runSuite(suite);
}

const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed${skipped}\n`);
const nothingRan = totals.passed + totals.failed === 0;
const skippedInCi = process.env.CI === 'true' && totals.skipped > 0;
process.exit(totals.failed > 0 || nothingRan || skippedInCi ? 1 : 0);

async function runSuite(suite: Suite): Promise<void> {
  const files = suite.files().filter((file) => only.length === 0 || only.some((part) => file.includes(part)));
  if (files.length === 0) return;
  const started = performance.now();
  process.stdout.write(`\n── ${suite.title}: ${files.length} files\n`);
  const stream = run({
    files: files.map((file) => join(ROOT, file)),
    concurrency: suite.concurrency,
    timeout: suite.timeoutMs,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    cwd: ROOT,
    ...(contractOnly && suite.name === 'e2e' ? { testNamePatterns: [/\[contract\]/] } : {}),
  });
  stream.on('test:pass', (event) => {
    if (event.details.type === 'suite') return;
    totals[event.skip !== undefined || event.todo !== undefined ? 'skipped' : 'passed'] += 1;
  });
  stream.on('test:fail', (event) => {
    // a suite whose tests failed is told by them; one that failed by a hook of its own, or before its tests, by itself
    const byItsTests = (event.details.error as { failureType?: string }).failureType === 'subtestsFailed';
    if (event.details.type !== 'suite' || !byItsTests) totals.failed += 1;
  });
  const report = stream.compose(spec);
  report.pipe(process.stdout, { end: false });
  await new Promise((resolve, reject) => report.once('end', resolve).once('error', reject));
  process.stdout.write(`── ${suite.title}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}
