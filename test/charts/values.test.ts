import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valueSections } from '../../scripts/chart-readme.ts';
import { CHARTS, readPage } from './shared/render.ts';

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  definitions?: Record<string, Schema>;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
}

/** The part of a schema that judges a value; null where the schema does not know it by name. */
function within(schema: Schema, root: Schema, path: readonly string[]): Schema | null {
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined) {
    const meant = root.$defs?.[name] ?? root.definitions?.[name];
    return meant === undefined ? null : within(meant, root, path);
  }
  const [first, ...rest] = path;
  if (first === undefined) return schema;
  const next = schema.properties?.[first];
  return next === undefined ? null : within(next, root, rest);
}

for (const chart of CHARTS) {
  const values = () => valueSections(readPage(`charts/${chart}/values.yaml`)).flatMap((section) => section.values);

  test(`every value of charts/${chart} says what it is`, () => {
    assert.ok(values().length > 50, 'few values were found');
    assert.deepEqual(
      values()
        .filter(({ what }) => what.length < 3)
        .map(({ name }) => name),
      [],
    );
  });

  test(`every value of charts/${chart} is in its schema`, () => {
    const schema = JSON.parse(readPage(`charts/${chart}/values.schema.json`) || '{}') as Schema;
    assert.deepEqual(
      values()
        .filter(({ name }) => within(schema, schema, name.split('.')) === null)
        .map(({ name }) => name),
      [],
    );
    assert.equal(schema.additionalProperties, false, 'a value that is not known is refused');
  });

  test(`charts/${chart}/README.md lists all values`, () => {
    const readme = readPage(`charts/${chart}/README.md`);
    for (const { name } of values())
      assert.ok(readme.includes(`| \`${name}\` |`), `${name} is missing: npm run generate`);
  });
}
