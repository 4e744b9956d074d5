import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { SourceError } from '../errors.ts';
import { type HostRule, normalHost } from './hosts.ts';
import { isPrivateAddress } from './private-addresses.ts';

type Resolve = (
  hostname: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * The name lookup of every connection: what is checked is what is connected to, so that a name that resolves to another
 * address a moment later gains nothing. One private address among several is enough to refuse.
 */
export function guardedLookup(rules: readonly HostRule[], resolve: Resolve = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) {
        callback(error ?? new Error(`${hostname} has no address`), '', 0);
        return;
      }
      const named = rules.some(({ full, host }) => full && host === normalHost(hostname));
      if (!named && addresses.some(({ address }) => isPrivateAddress(address))) {
        const message = `${hostname} resolves to an address of a private network; name the host in full to allow that`;
        callback(new SourceError('SOURCE_NOT_ALLOWED', message, { subject: hostname }), '', 0);
        return;
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
