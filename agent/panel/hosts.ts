/** Where a request comes from, and by which name it reached this computer. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { hostname } from 'node:os';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** `[::1]:8787` → `::1`; `Gateway.:8787` → `gateway`. */
export const hostOf = (text: string): string =>
  text
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();

/** Whether an address, a name `localhost` included, is this computer's own inside. */
export function isLoopbackHost(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  const kind = isIP(host);
  return kind !== 0 && loopback.check(host, kind === 4 ? 'ipv4' : 'ipv6');
}

/** `::ffff:10.0.0.5` → `10.0.0.5`. */
export const addressOf = (request: IncomingMessage): string =>
  (request.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');

const forwarding = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** Someone at this computer; what a proxy on it passes on is somebody else's. */
export function isLocal({ headers }: IncomingMessage, address: string): boolean {
  return isLoopbackHost(address) && !forwarding.some((name) => headers[name] !== undefined);
}

/**
 * Names that a request may use: addresses, this computer's own, and `more`. Any other name may be
 * somebody else's that was made to point here, and a page of theirs would be read as ours.
 */
export function ownNames(more: readonly string[]): (header: string | undefined) => boolean {
  const names = new Set(['localhost', hostOf(hostname()), ...more.map(hostOf)]);
  return (header) => {
    if (header === undefined) return false;
    const name = hostOf(header);
    return isIP(name) !== 0 || names.has(name);
  };
}

/** Whether a browser says that a page of another site asks. */
export function isCrossSite({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site === 'cross-site' || site === 'same-site';
}

/** Whether a change comes from a page of this very origin, or from no page at all. */
export function isOwnOrigin({ headers }: IncomingMessage, secure: boolean): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  if (headers.origin === undefined) return true;
  const origin = URL.parse(headers.origin);
  const own = URL.parse(`${secure ? 'https' : 'http'}://${headers.host}`);
  if (origin === null || own === null || origin.host !== own.host) return false;
  return !secure || origin.protocol === 'https:';
}
