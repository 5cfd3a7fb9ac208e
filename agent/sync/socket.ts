/** A connection to a target's address, with its TLS done: only then may anything be sent over it. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { PpuriError } from '../../config/errors.ts';
import { readFileOf } from '../../config/secret.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
  /** PEM files, read at each connection, so that renewed ones are used. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

const connectMs = 10_000;
const untrusted = /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|ISSUER/;
/** Alerts with which the other side ends a handshake because of our certificate, or for want of one. */
const unwelcome =
  /ALERT_(CERTIFICATE_\w+|BAD_CERTIFICATE\w*|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR|HANDSHAKE_FAILURE)$/;
/** Round trips, and ms beside them, in which a server that does not want us has said so. */
const patience = { trips: 3, ms: 200, mostMs: 3000 };

type Coded = Error & { readonly code?: unknown };

/** The other side does not accept this gateway's certificate, or its lack; null: it is something else. */
export function unwelcomeBy(
  { host, port, cert }: Omit<Address, 'encrypted'>,
  thrown: Coded,
): PpuriError | null {
  if (!unwelcome.test(String(thrown.code ?? ''))) return null;
  const why =
    cert === undefined ? 'wants a client certificate' : 'does not accept the client certificate';
  return new PpuriError('sync-denied', `${host}:${port} ${why}: ${thrown.code}`, {
    operation: 'connect',
    subject: `${host}:${port}`,
    hint:
      cert === undefined
        ? 'configure `cert` and `key`'
        : `check ${cert}: its validity, and whether the server knows who issued it`,
    cause: thrown,
  });
}

function failure(address: Address, thrown: Coded): PpuriError {
  const { host, port } = address;
  const refused = unwelcomeBy(address, thrown);
  if (refused !== null) return refused;
  const distrust = untrusted.test(String(thrown.code ?? ''));
  const details = { operation: 'connect', subject: `${host}:${port}`, cause: thrown };
  return distrust
    ? new PpuriError(
        'sync-untrusted',
        `the TLS of ${host}:${port} is not accepted: ${thrown.code}`,
        {
          ...details,
          hint: 'check `ca`, the name in `url`, `cert`, and the validity of the certificates',
        },
      )
    : new PpuriError('sync-unreachable', `${host}:${port} is not reached: ${thrown.message}`, {
        ...details,
        hint: 'check the address and the network; it is tried again',
      });
}

function open(address: Address): { socket: Socket | TLSSocket; ready: string } {
  const { host, port, encrypted, ca, cert, key } = address;
  // A URL writes an IPv6 address in brackets, a socket does not.
  const name = host.replace(/^\[|\]$/g, '');
  if (!encrypted)
    return { socket: connectTcp({ host: name, port, noDelay: true }), ready: 'connect' };
  const files = {
    ...(ca === undefined ? {} : { ca: readFileOf(ca) }),
    ...(cert === undefined ? {} : { cert: readFileOf(cert) }),
    ...(key === undefined ? {} : { key: readFileOf(key) }),
  };
  const socket = connectTls({
    host: name,
    port,
    ...files,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  });
  return { socket, ready: 'secureConnect' };
}

const whyClosed = ({ encrypted }: Address): string =>
  encrypted ? 'it closed before TLS was agreed on; see whether it accepts `cert`' : 'it closed';

/**
 * In TLS 1.3 the client is done before the server has judged its certificate. A server that sends a
 * session ticket has judged; one that sends none and keeps silent is taken for willing after a few
 * round trips. That one may still say no later, or, as nginx does, only in its answer to a request:
 * what it then heard was encrypted, and for a server whose own certificate had been verified.
 */
function judged(socket: TLSSocket, tripMs: number, then: () => void): void {
  if (socket.getProtocol() !== 'TLSv1.3') {
    then();
    return;
  }
  const waitMs = Math.min(patience.mostMs, patience.ms + patience.trips * tripMs);
  const timer = setTimeout(then, waitMs);
  socket.once('session', then);
  socket.once('close', () => clearTimeout(timer));
}

/** Rejects with `sync-denied`, `sync-unreachable`, `sync-untrusted` or `secret-missing`; no byte of data was sent. */
export function openSocket(address: Address, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  try {
    const { socket, ready } = open(address);
    let isOpen = false;
    const fail = (error: Error): void => {
      if (isOpen) return;
      socket.destroy();
      reject(failure(address, error));
    };
    const timer = setTimeout(() => fail(new Error('no answer')), connectMs);
    const abort = (): void => fail(new Error('no longer wanted'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    const take = (): void => {
      if (socket.destroyed) return;
      isOpen = true;
      socket.off('error', fail);
      resolve(socket);
    };
    const began = performance.now();
    let tripMs = 0;
    socket.once('connect', () => {
      tripMs = performance.now() - began;
    });
    socket.once('close', () => fail(new Error(whyClosed(address))));
    socket.once(ready, () => {
      if (socket instanceof TLSSocket) judged(socket, tripMs, take);
      else take();
    });
    const settled = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    promise.then(settled, settled);
  } catch (thrown) {
    reject(thrown instanceof PpuriError ? thrown : failure(address, thrown as Error));
  }
  return promise;
}
