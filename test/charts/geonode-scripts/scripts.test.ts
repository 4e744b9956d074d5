import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { runPythonTests } from './run-python-tests.ts';

for (const file of globSync('test_*.py', { cwd: import.meta.dirname }).sort()) {
  const name = basename(file, '.py');
  test(`the GeoNode chart's scripts: ${name.replace('test_', '')}`, (t) => runPythonTests(t, [name]));
}
