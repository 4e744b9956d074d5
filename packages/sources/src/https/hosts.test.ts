import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { describe, it } from 'node:test';
import { Agent, request } from 'undici';
import { startWebServer } from '../../test/web-server.ts';
import { findHostRule, parseHostRule } from './hosts.ts';
import { guardedLookup } from './lookup.ts';
import { isPrivateAddress } from './private-addresses.ts';

const passes = (entries: string[], url: string): boolean =>
  findHostRule(entries.map(parseHostRule), new URL(url)) !== null;

describe('allowed hosts', () => {
  it('are of one scheme, name and port', () => {
    assert.equal(passes(['data.example.org'], 'https://data.example.org/a.tif'), true);
    assert.equal(passes(['Data.Example.org.'], 'https://DATA.example.ORG./a.tif'), true);
    assert.equal(passes(['data.example.org'], 'http://data.example.org/a.tif'), false);
    assert.equal(passes(['data.example.org'], 'https://data.example.org:8443/a.tif'), false);
    assert.equal(passes(['data.example.org:8443'], 'https://data.example.org:8443/a.tif'), true);
    assert.equal(passes(['data.example.org:*'], 'https://data.example.org:8443/a.tif'), true);
    assert.equal(passes(['http://localhost:8080'], 'http://localhost:8080/a.tif'), true);
    assert.equal(passes(['data.example.org'], 'https://data.example.org.evil.net/a.tif'), false);
    assert.equal(passes([], 'https://data.example.org/a.tif'), false);
  });

  it('may be patterns, which cover the names below and not the name itself', () => {
    assert.equal(passes(['*.example.org'], 'https://a.b.example.org/'), true);
    assert.equal(passes(['*.example.org'], 'https://example.org/'), false);
    assert.equal(passes(['*.example.org'], 'https://notexample.org/'), false);
    assert.equal(passes(['*'], 'https://anything.net/'), true);
  });

  it('let no address of a private network pass by a pattern, however it is written', () => {
    for (const host of [
      '127.0.0.1',
      '0x7f.1',
      '2130706433',
      '169.254.169.254',
      '[::1]',
      '[::ffff:10.0.0.1]',
      '[fd00::1]',
    ]) {
      assert.equal(passes(['*'], `https://${host}/`), false, host);
    }
    assert.equal(passes(['*'], 'https://93.184.216.34/'), true);
    assert.equal(passes(['127.0.0.1', '[::1]:8443'], 'https://127.0.0.1/'), true);
    assert.equal(passes(['127.0.0.1', '[::1]:8443'], 'https://[::1]:8443/'), true);
  });

  it('that cannot be read are refused at once', () => {
    for (const entry of ['', 'http://*', 'http://*.example.org', 'ftp://a', 'a/b', 'a b', 'a.*.org', 'https://']) {
      assert.throws(() => parseHostRule(entry), { code: 'INVALID_OPTIONS' }, entry);
    }
  });
});

describe('private addresses', () => {
  it('are told from public ones, in both families', () => {
    for (const address of [
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '127.8.8.8',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
    ]) {
      assert.equal(isPrivateAddress(address), true, address);
    }
    for (const address of [
      '::',
      '::1',
      'fe80::1%eth0',
      'fc00::1',
      '::ffff:8.8.8.8',
      '64:ff9b::a00:1',
      '2002:7f00:1::',
      'ff02::1',
      'nonsense',
    ]) {
      assert.equal(isPrivateAddress(address), true, address);
    }
    for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::1']) {
      assert.equal(isPrivateAddress(address), false, address);
    }
  });
});

describe('the lookup of a connection', () => {
  const resolving =
    (...addresses: LookupAddress[]) =>
    (_: string, __: unknown, done: (e: null, a: LookupAddress[]) => void) =>
      done(null, addresses);
  const LOOPBACK = { address: '127.0.0.1', family: 4 };

  it('refuses a name that resolves to a private address, even among public ones', async () => {
    const web = await startWebServer();
    web.put('/a.tif', new Uint8Array(3));
    const port = new URL(web.origin).port;
    try {
      const status = async (rules: string[], ...addresses: LookupAddress[]) => {
        const lookup = guardedLookup(rules.map(parseHostRule), resolving(...addresses));
        const dispatcher = new Agent({ connect: { lookup } });
        try {
          return (await request(`http://rebound.example.org:${port}/a.tif`, { dispatcher })).statusCode;
        } catch (error) {
          return (error as { code: string }).code;
        } finally {
          await dispatcher.destroy();
        }
      };
      assert.equal(await status(['*.example.org'], LOOPBACK), 'SOURCE_NOT_ALLOWED');
      assert.equal(await status(['*'], { address: '93.184.216.34', family: 4 }, LOOPBACK), 'SOURCE_NOT_ALLOWED');
      assert.deepEqual(web.requests, []);
      assert.equal(await status(['http://rebound.example.org:*'], LOOPBACK), 200);
    } finally {
      await web.stop();
    }
  });

  it('gives one address or all, as it is asked to', async () => {
    const lookup = guardedLookup([parseHostRule('named')], resolving(LOOPBACK));
    const ask = (all: boolean) =>
      new Promise((resolve) => lookup('named', { all }, (error, address, family) => resolve([error, address, family])));
    assert.deepEqual(await ask(false), [null, '127.0.0.1', 4]);
    assert.deepEqual(await ask(true), [null, [LOOPBACK], undefined]);
  });
});
