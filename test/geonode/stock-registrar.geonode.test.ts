import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createStockRegistrar, type Registrar, type RegistrationDocument } from '@geosluice/geonode';
import { type GeonodeServer, startGeonode } from '../counterparts/geonode.ts';
import { makeRaster, requestFor, type Subject, startSubject } from '../counterparts/geoserver/subject.ts';
import { exampleDocument } from '../ports/registrar-conformance.ts';

const signal = AbortSignal.timeout(600_000);

interface Shown {
  title: string;
  abstract: string;
  language: string;
  category: { identifier: string } | null;
  keywords: Array<{ name: string }>;
  owner: { username: string };
  date: string;
  date_type: string;
}

suite('a GeoNode without the app', () => {
  let subject: Subject;
  let geonode: GeonodeServer;
  let registrar: Registrar;

  before(async () => {
    subject = await startSubject({ onlyStandIn: true, nodes: 1 });
    const { standIn } = subject;
    assert.ok(standIn);
    geonode = await startGeonode({
      geoserver: { url: `${standIn.url}/`, user: standIn.user, password: standIn.password },
      settings: 'stock_test_settings',
    });
    registrar = createStockRegistrar(geonode);
  });
  after(async () => {
    await registrar?.close();
    await geonode?.stop();
    await subject?.stop();
  });

  const published = async (
    change: Partial<RegistrationDocument> = {},
    metadata: Partial<RegistrationDocument['metadata']> = {},
  ): Promise<RegistrationDocument> => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    const layer = await subject.geoserver.publish(request);
    return exampleDocument({ layer, title: request.title, ...change }, { title: request.title, ...metadata });
  };
  const asked = async <T>(
    path: string,
    login = `${geonode.user}:${geonode.password}`,
  ): Promise<{ status: number; body: T }> => {
    const headers = login === '' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
    const response = await fetch(`${geonode.url}${path}`, { headers });
    return { status: response.status, body: (await response.json().catch(() => null)) as T };
  };
  const shown = async (pk: number): Promise<Shown | null> => {
    const { status, body } = await asked<{ dataset: Shown }>(`/api/v2/datasets/${pk}/`);
    return status === 200 ? body.dataset : null;
  };
  const of = ({ dataset, generation, layer }: RegistrationDocument) => ({
    ...{ dataset, generation, workspace: layer.workspace, name: layer.name },
  });

  test('says that it can be used, and that it is no app', async () => {
    assert.deepEqual(await registrar.check(signal), { app: 'geonode', version: 'v2' });
    await assert.rejects(registrar.lookup({ after: 0 }, signal), { code: 'GEONODE_NO_APP' });
    const stranger = createStockRegistrar({ ...geonode, password: 'wrong' });
    await assert.rejects(stranger.check(signal), { code: 'GEONODE_UNAUTHORIZED', down: true });
    await stranger.close();
  });

  test('takes a layer in, described and open to everybody; twice is once; a new generation changes it', async () => {
    const document = await published(
      { permissions: 'public', keywords: ['by option'] },
      {
        ...{ title: 'Height, of land', abstract: 'A <b>model</b> &amp; more', language: 'de', issued: '2020-03' },
        ...{ keywords: ['elevation', 'dem'], places: ['Somewhere'], creators: ['A. Nyone'], sources: ['a flight'] },
      },
    );
    const created = await registrar.register({ ...document, title: 'Height, of land' }, signal);
    assert.equal(created.status, 'created');
    assert.deepEqual(created.unmapped, ['creator A. Nyone: kept as text', 'place Somewhere: kept as keyword']);
    assert.match(created.url, /^http/);
    const { title, abstract, language, category, keywords, date, date_type } = (await shown(created.pk)) as Shown;
    assert.deepEqual([title, abstract, language], ['Height_ of land', 'A model & more', 'ger']);
    assert.equal(category?.identifier, 'elevation');
    assert.deepEqual(keywords.map(({ name }) => name).sort(), ['Somewhere', 'by option', 'dem', 'elevation']);
    assert.deepEqual([date.slice(0, 10), date_type], ['2020-03-01', 'publication']);
    assert.equal((await asked(`/api/v2/datasets/${created.pk}/`, '')).status, 200, 'everybody may see it');

    const again = await registrar.register({ ...document, title: 'Height, of land' }, signal);
    assert.deepEqual(again, { ...created, status: 'unchanged' }, 'told once more');
    const next = { ...document, generation: 2, title: 'Another title' };
    assert.deepEqual(await registrar.register(next, signal), { ...created, status: 'updated' });
    assert.equal((await shown(created.pk))?.title, 'Another title');
    await assert.rejects(registrar.register(document, signal), { means: 'supersede' });
  });

  test('shows nobody what is its owner’s, not even for a moment, and everybody what becomes public', async () => {
    const document = await published({ permissions: 'owner' });
    const { pk } = await registrar.register(document, signal);
    const hidden = async (): Promise<void> => {
      const seen = (await asked(`/api/v2/datasets/${pk}/`, '')).status;
      assert.ok([401, 403, 404].includes(seen), `it answers ${seen}`);
    };
    await hidden();
    await registrar.register({ ...document, generation: 2, permissions: 'public' }, signal);
    assert.equal((await asked(`/api/v2/datasets/${pk}/`, '')).status, 200);
    await registrar.register({ ...document, generation: 3, permissions: 'owner' }, signal);
    await hidden();
  });

  test('refuses what it has no row for by its field, and makes nothing of it', async () => {
    const document = await published();
    for (const [field, change] of [
      ['owner', { owner: 'nobody-of-this-name' }],
      ['category', { category: 'no such topic' }],
    ] as const) {
      const wrong = registrar.register({ ...document, ...change }, signal);
      await assert.rejects(wrong, { code: 'GEONODE_REFUSED', means: 'reject', field });
    }
    const { body } = await asked<{ total: number }>(
      `/api/v2/datasets/?filter{alternate}=${document.layer.workspace}:${document.layer.name}`,
    );
    assert.equal(body.total, 0);
    const group = { permissions: 'group', group: 'no such group' } as const;
    await assert.rejects(registrar.register({ ...document, ...group }, signal), { field: 'group' });
  });

  test('leaves a layer of another dataset alone', async () => {
    const document = await published();
    const { pk } = await registrar.register(document, signal);
    const thief = { ...exampleDocument(), layer: document.layer };
    await assert.rejects(registrar.register(thief, signal), { code: 'NAME_TAKEN', field: 'layer.name' });
    await registrar.unregister({ ...of(thief), generation: 9 }, signal);
    assert.ok(await shown(pk));
  });

  test('takes up a dataset that was made by hand, and finishes one that was left half made', async () => {
    const document = await published({ title: 'By us' });
    const { workspace, store } = document.layer;
    const made = await geonode.manage(['updatelayers', '--workspace', workspace, '--store', store]);
    assert.equal(made.code, 0, made.stderr);
    const answer = await registrar.register(document, signal);
    assert.equal(answer.status, 'updated');
    assert.equal((await shown(answer.pk))?.title, 'By us');
  });

  test('a layer that is not in GeoServer is no dataset, and may be tried again', async () => {
    const error = { code: 'GEONODE_ERROR', means: 'retry' };
    await assert.rejects(registrar.register(exampleDocument(), signal), error);
  });

  test('removes its own once, and what is not there is removed already', async () => {
    const document = await published({ generation: 3 });
    const { pk } = await registrar.register(document, signal);
    await assert.rejects(registrar.unregister({ ...of(document), generation: 2 }, signal), { means: 'supersede' });
    for (const generation of [4, 4]) await registrar.unregister({ ...of(document), generation }, signal);
    assert.equal(await shown(pk), null);
    await registrar.unregister(of(exampleDocument()), signal);
  });
});
