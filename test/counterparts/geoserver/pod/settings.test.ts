import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBrokerUrl } from './broker-url.ts';
import { parseProperties } from './properties.ts';

test('a properties file is read as Java reads it', () => {
  const text = [
    '# a comment',
    '  ! another',
    'plain=value',
    'blank separated',
    'colon : x=y ',
    'escaped\\ key\\:=a\\tb\\u00E4\\\\',
    'long = one \\',
    '   two',
    'empty=',
  ].join('\r\n');
  assert.deepEqual(Object.fromEntries(parseProperties(text)), {
    plain: 'value',
    blank: 'separated',
    colon: 'x=y ',
    'escaped key:': 'a\tbä\\',
    long: 'one two',
    empty: '',
  });
});

test('a broker is found in every form of its url', () => {
  assert.deepEqual(parseBrokerUrl('tcp://mq:61616'), { hosts: [{ host: 'mq', port: 61616 }] });
  const url = 'failover:(tcp://a:1?keepAlive=true,nio://b:2)?timeout=3000&jms.userName=me&jms.password=a%26b%29%2C';
  const hosts = [
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
  ];
  assert.deepEqual(parseBrokerUrl(url), { hosts, user: 'me', password: 'a&b),' });
  assert.throws(() => parseBrokerUrl('vm://localhost'), /names no tcp/);
});
