import { isIP } from 'node:net';
import { SourceError } from '../errors.ts';
import { isPrivateAddress } from './private-addresses.ts';

export interface HostRule {
  protocol: 'http:' | 'https:';
  /** A full name, `*.domain`, or `*`. */
  host: string;
  /** `*` is any; otherwise as URL writes it: empty for the protocol's own. */
  port: string;
  /** The host is named in full, so it may lie in a private network. */
  full: boolean;
}

/** @throws SourceError INVALID_OPTIONS */
export function parseHostRule(entry: string): HostRule {
  const [, scheme = 'https://', host, port = ''] =
    /^(https?:\/\/)?(\*|(?:\*\.)?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])(?::(\d{1,5}|\*))?$/i.exec(
      entry,
    ) ?? [];
  if (host === undefined) {
    throw new SourceError(
      'INVALID_OPTIONS',
      `allowed host "${entry}" is none of host, host:port, *.domain, http://host`,
    );
  }
  const protocol = scheme.toLowerCase() === 'http://' ? 'http:' : 'https:';
  const full = !host.includes('*');
  if (protocol === 'http:' && !full) {
    throw new SourceError('INVALID_OPTIONS', `allowed host "${entry}": plain http needs the full name of the host`);
  }
  const own = protocol === 'http:' ? '80' : '443';
  return { protocol, host: normalHost(host), port: port === own ? '' : port, full };
}

export function normalHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/** The rule that lets a url pass, one that names its host in full before others; null where none does. */
export function findHostRule(rules: readonly HostRule[], url: URL): HostRule | null {
  const host = normalHost(url.hostname);
  const fitting = rules.filter(
    (rule) =>
      rule.protocol === url.protocol &&
      (rule.port === '*' || rule.port === url.port) &&
      (rule.host === '*' || rule.host === host || (rule.host.startsWith('*.') && host.endsWith(rule.host.slice(1)))),
  );
  const rule = fitting.find(({ full }) => full) ?? fitting[0] ?? null;
  const address = host.replace(/^\[|\]$/g, '');
  // an address is not looked up, so it is judged here
  return rule !== null && !rule.full && isIP(address) !== 0 && isPrivateAddress(address) ? null : rule;
}
