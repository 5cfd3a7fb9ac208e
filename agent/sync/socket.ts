/** A connection to a target's address, with its TLS done: only then may anything be sent over it. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
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

function failure({ host, port }: Address, thrown: Error & { code?: string }): PpuriError {
  const distrust = untrusted.test(thrown.code ?? '');
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

function open(address: Address): { socket: Socket; ready: string } {
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

/** Rejects with `sync-unreachable`, `sync-untrusted` or `secret-missing`; no byte of data was sent. */
export function openSocket(address: Address, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  try {
    const { socket, ready } = open(address);
    const fail = (error: Error): void => {
      socket.destroy();
      reject(failure(address, error));
    };
    const timer = setTimeout(() => fail(new Error('no answer')), connectMs);
    const abort = (): void => fail(new Error('no longer wanted'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once(ready, () => {
      socket.off('error', fail);
      resolve(socket);
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
