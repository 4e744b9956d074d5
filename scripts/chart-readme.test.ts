import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valueSections, withValues } from './chart-readme.ts';

const VALUES = `# The head of the file.

# -- Name of all.
fullnameOverride: ""

image:
  # -- Registry; a slash | is put
  # between.
  registry: ""
  tag: null

# What the processes read.
config:
  process:
    # -- Level.
    logLevel: "info"
  # Not about it.
  # -- All of it.
  behavior:
    up: { a: 1 }
    down: { b: 2 }
# -- Resources.
resources: { requests: { cpu: 1 } }
`;

test('every value is found with what its comment says and its default', () => {
  assert.deepEqual(valueSections(VALUES), [
    {
      name: '',
      about: '',
      values: [
        { name: 'fullnameOverride', what: 'Name of all.', byDefault: '' },
        { name: 'resources', what: 'Resources.', byDefault: { requests: { cpu: 1 } } },
      ],
    },
    {
      name: 'image',
      about: '',
      values: [
        { name: 'image.registry', what: 'Registry; a slash | is put between.', byDefault: '' },
        { name: 'image.tag', what: '', byDefault: null },
      ],
    },
    {
      name: 'config',
      about: 'What the processes read.',
      values: [
        { name: 'config.process.logLevel', what: 'Level.', byDefault: 'info' },
        { name: 'config.behavior', what: 'All of it.', byDefault: { up: { a: 1 }, down: { b: 2 } } },
      ],
    },
  ]);
});

test('the tables stand between the marks, and writing them again changes nothing', () => {
  const readme = '# A\n\n<!-- values: begin (npm run generate) -->\nold\n<!-- values: end -->\n\nmore\n';
  const written = withValues(readme, VALUES);
  assert.match(
    written,
    /^# A\n[\s\S]*### `config`\n\nWhat the processes read\.\n[\s\S]*\n<!-- values: end -->\n\nmore\n$/,
  );
  assert.match(written, /\| `image\.registry` \| Registry; a slash \\\| is put between\. \| `""` \|/);
  assert.doesNotMatch(written, /old/);
  assert.equal(withValues(written, VALUES), written);
});

test('a README without the marks is a mistake', () => {
  assert.throws(() => withValues('# A\n', VALUES), /must have the lines/);
});
