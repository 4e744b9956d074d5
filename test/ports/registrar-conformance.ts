import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import type { Registrar, RegistrationDocument } from '@geosluice/geonode';
import { documentOf } from '@geosluice/geonode';
import { type DatasetMetadata, datasetIdOf, emptyMetadata, type RegisterJob } from '@geosluice/jobs';
import { exampleJobs } from '../../packages/jobs/src/testing/example-jobs.ts';

const signal = AbortSignal.timeout(300_000);

/** A document that no other test uses: its dataset and its layer are its own. */
export function exampleDocument(
  change: Partial<RegistrationDocument> = {},
  metadata: Partial<DatasetMetadata> = {},
): RegistrationDocument {
  const job = exampleJobs().find((one): one is RegisterJob => one.stage === 'register' && one.kind === 'add');
  assert.ok(job);
  const name = `raster_${randomInt(2 ** 40).toString(36)}`;
  return {
    ...documentOf(job, null),
    dataset: datasetIdOf({ kind: 's3', bucket: 'inbox', key: `${name}.tif` }),
    generation: 1,
    title: `Raster ${name}`,
    layer: {
      ...job.layer,
      store: name,
      name,
      wms: `http://geoserver.test/geoserver/${job.layer.workspace}/${name}/wms`,
    },
    metadata: { ...emptyMetadata(), title: `Raster ${name}`, ...metadata },
    ...change,
  };
}

/** What every registrar does, whatever carries its documents to whatever catalogue. */
export function registrarConformance(name: string, start: () => Promise<Registrar>): void {
  const of = ({ dataset, generation, layer }: RegistrationDocument) => ({
    dataset,
    generation,
    workspace: layer.workspace,
    name: layer.name,
  });
  let opened: Promise<Registrar> | undefined;
  const registrar = (): Promise<Registrar> => (opened ??= start());

  test(`${name}: the app answers a check with its versions`, async () => {
    const { app, version } = await (await registrar()).check(signal);
    assert.equal(app, 'geosluice_geonode');
    assert.match(version, /^\d/);
  });

  test(`${name}: a dataset is created, then unchanged, then updated, and stays the same one`, async () => {
    const document = exampleDocument();
    const { register } = await registrar();
    const created = await register(document, signal);
    assert.equal(created.status, 'created');
    assert.match(created.url, /^http/);
    assert.deepEqual(await register(document, signal), { ...created, status: 'unchanged' });
    const updated = await register({ ...document, generation: 2, title: 'Another title' }, signal);
    assert.deepEqual(updated, { ...created, status: 'updated' });
  });

  test(`${name}: a layer that moved to another workspace and name is shown by the same dataset`, async () => {
    const document = exampleDocument();
    const { register, lookup } = await registrar();
    const { status: _, ...created } = await register(document, signal);
    const name = `${document.layer.name}_moved`;
    const layer = { ...document.layer, workspace: 'elsewhere', name, store: name };
    const moved = await register({ ...document, generation: 2, layer }, signal);
    assert.deepEqual(moved, { ...created, status: 'updated' });
    const { registrations } = await lookup({ datasets: [document.dataset] }, signal);
    assert.deepEqual(
      registrations.map(({ pk, alternate }) => [pk, alternate]),
      [[created.pk, `elsewhere:${name}`]],
    );
    const next = exampleDocument({ layer: document.layer });
    assert.equal((await register(next, signal)).status, 'created', 'another dataset may be shown where it was');
  });

  test(`${name}: a lower generation ends quietly`, async () => {
    const document = exampleDocument({ generation: 5 });
    const { register, unregister } = await registrar();
    await register(document, signal);
    await assert.rejects(register({ ...document, generation: 4, title: 'Late' }, signal), { means: 'supersede' });
    await assert.rejects(unregister({ ...of(document), generation: 4 }, signal), { means: 'supersede' });
    assert.equal((await register(document, signal)).status, 'unchanged');
  });

  test(`${name}: removal is done once and may be asked for twice; what comes late does not bring it back`, async () => {
    const document = exampleDocument({ generation: 3 });
    const { register, unregister } = await registrar();
    const created = await register(document, signal);
    await unregister({ ...of(document), generation: 4 }, signal);
    await unregister({ ...of(document), generation: 4 }, signal);
    await assert.rejects(register(document, signal), { means: 'supersede' });
    const again = await register({ ...document, generation: 5 }, signal);
    assert.equal(again.status, 'created');
    assert.notEqual(again.uuid, created.uuid);
  });

  test(`${name}: what is registered can be looked up, by its datasets and page by page, with what was handed over`, async () => {
    const { register, unregister, lookup } = await registrar();
    const [first, second, removed] = [exampleDocument(), exampleDocument(), exampleDocument()];
    const answers = await Promise.all([first, second, removed].map((document) => register(document, signal)));
    await unregister({ ...of(removed), generation: 2 }, signal);
    const unknown = exampleDocument().dataset;
    const datasets = [first.dataset, removed.dataset, unknown];
    const { registrations, next } = await lookup({ datasets }, signal);
    const { status: _, unmapped: __, ...named } = answers[0] ?? assert.fail();
    const { layer, object, options, version, sourceUri } = first;
    assert.deepEqual(registrations, [
      {
        ...{ dataset: first.dataset, generation: 1, version, sourceUri, ...named, doubles: [] },
        ...{ title: first.title, alternate: `${layer.workspace}:${layer.name}`, kept: { layer, object, options } },
      },
    ]);
    assert.equal(next, null);
    const all = new Set<string>();
    for (let after: number | null = 0; after !== null; ) {
      const page: Awaited<ReturnType<typeof lookup>> = await lookup({ after }, signal);
      for (const { dataset } of page.registrations) all.add(dataset);
      after = page.next;
    }
    assert.deepEqual(
      [first, second, removed].map(({ dataset }) => all.has(dataset)),
      [true, true, false],
    );
  });

  test(`${name}: what was never there is removed already`, async () => {
    await (await registrar()).unregister(of(exampleDocument()), signal);
  });

  test(`${name}: a refusal names the field, and does not touch its neighbours in the batch`, async () => {
    const { register } = await registrar();
    const documents = [
      exampleDocument(),
      exampleDocument({ owner: 'nobody-of-this-name' }),
      exampleDocument(),
      exampleDocument({ category: 'no such topic' }),
    ];
    const [first, owner, third, category] = await Promise.allSettled(
      documents.map((document) => register(document, signal)),
    );
    assert.equal(first?.status, 'fulfilled');
    assert.equal(third?.status, 'fulfilled');
    assert.ok(owner?.status === 'rejected' && category?.status === 'rejected');
    const refused = { code: 'GEONODE_REFUSED', means: 'reject' };
    assert.partialDeepStrictEqual({ ...owner.reason }, { ...refused, field: 'owner', subject: documents[1]?.dataset });
    assert.partialDeepStrictEqual({ ...category.reason }, { ...refused, field: 'category' });
  });

  test(`${name}: a document of another shape is refused by the name of its field`, async () => {
    const { register } = await registrar();
    const wrong = { ...exampleDocument(), permissions: 'everyone' } as unknown as RegistrationDocument;
    await assert.rejects(register(wrong, signal), { code: 'GEONODE_REFUSED', field: 'permissions' });
  });

  test(`${name}: a layer of another dataset is not taken over`, async () => {
    const { register } = await registrar();
    const document = exampleDocument();
    await register(document, signal);
    const thief = { ...exampleDocument(), layer: document.layer };
    await assert.rejects(register(thief, signal), { code: 'NAME_TAKEN', means: 'reject', field: 'layer.name' });
  });

  test(`${name}: many at once become as many datasets, each told its own`, async () => {
    const { register } = await registrar();
    const documents = Array.from({ length: 12 }, () => exampleDocument());
    const registered = await Promise.all(documents.map((document) => register(document, signal)));
    assert.equal(new Set(registered.map(({ pk }) => pk)).size, documents.length);
    const again = await Promise.all(documents.map((document) => register(document, signal)));
    assert.deepEqual(
      again.map(({ pk }) => pk),
      registered.map(({ pk }) => pk),
    );
  });

  test(`${name}: the same one many times at once is one dataset`, async () => {
    const { register } = await registrar();
    const document = exampleDocument();
    const registered = await Promise.all(Array.from({ length: 6 }, () => register(document, signal)));
    assert.equal(new Set(registered.map(({ pk }) => pk)).size, 1);
    assert.equal(registered.filter(({ status }) => status === 'created').length, 1);
  });

  test(`${name}: who gave up is told so at once, and after the end nobody waits`, async () => {
    const { register, close } = await registrar();
    const reason = new Error('shutting down');
    await assert.rejects(register(exampleDocument(), AbortSignal.abort(reason)), reason);
    await close();
    await assert.rejects(register(exampleDocument(), signal), { code: 'GEONODE_DROPPED', means: 'retry' });
  });
}
