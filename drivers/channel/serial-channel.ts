/** Bytes on a serial port. Every opening is a fresh one; nothing is written to a later one. */
import { PpuriError } from '../../config/errors.ts';
import type { Channel, ChannelHandlers, ChannelOpener } from './channel.ts';
import { findPort, type PortName } from './port-name.ts';
import {
  type OpenPort,
  openPort,
  readNow,
  type SerialSettings,
  writeNow,
} from './serial-port-binding.ts';

const bufferBytes = 4096;
/** A driver that will not let go of a port is left behind after this. */
const closeWithinMs = 900;
const openWithinMs = 3000;

export interface SerialChannelOptions extends SerialSettings {
  readonly endpoint: string;
  readonly port: PortName;
}

/** Time of one character on the line, ms. */
export function characterMs({ baudRate, dataBits, parity, stopBits }: SerialSettings): number {
  return (1000 * (1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits)) / baudRate;
}

export function serialChannel(options: SerialChannelOptions): ChannelOpener {
  const { endpoint } = options;
  const open: ChannelOpener['open'] = async (handlers, signal) => {
    const path = findPort(options.port, endpoint);
    const opening = openPort(path, options);
    const port = await withinTime(opening, signal).catch((cause: unknown) => {
      // A port that opens too late is closed again.
      opening.then(
        (late) => void closePort(late),
        () => undefined,
      );
      throw unavailable(path, endpoint, cause);
    });
    return new SerialChannel(port, endpoint, handlers);
  };
  return { endpoint, byteMs: characterMs(options), open };
}

class SerialChannel implements Channel {
  bytesSent = 0;
  bytesReceived = 0;
  readonly #port: OpenPort;
  readonly #endpoint: string;
  readonly #handlers: ChannelHandlers;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  #closed: Promise<void> | null = null;

  constructor(port: OpenPort, endpoint: string, handlers: ChannelHandlers) {
    this.#port = port;
    this.#endpoint = endpoint;
    this.#handlers = handlers;
    this.#waitForBytes();
  }

  write(bytes: Uint8Array): void {
    const { fd } = this.#port;
    if (this.#closed !== null || fd === null) return;
    this.bytesSent += bytes.length;
    const all = Buffer.from(bytes);
    try {
      const taken = writeNow(fd, all);
      if (taken === all.length) return;
      this.#port.write(all.subarray(taken)).catch((cause: unknown) => this.#lost(cause));
    } catch (cause) {
      this.#lost(cause);
    }
  }

  close(): Promise<void> {
    this.#closed ??= closePort(this.#port);
    return this.#closed;
  }

  #waitForBytes(): void {
    this.#port.poller.once('readable', (error) => {
      // The addon calls back outside any task of Node: what promises wait for here would wait for
      // the next one. The bytes are read at once, so that nothing is sent before they are heard.
      setImmediate(() => undefined);
      if (this.#closed !== null) return;
      if (error !== null) this.#lost(error);
      else this.#read();
    });
  }

  #read(): void {
    try {
      for (let fd = this.#port.fd; this.#closed === null && fd !== null; fd = this.#port.fd) {
        const size = readNow(fd, this.#buffer);
        if (size === null) break;
        this.bytesReceived += size;
        this.#handlers.receive(this.#buffer.subarray(0, size));
        // The rest is told of again; an endless stream must not hold everything else up.
        if (size < this.#buffer.length) break;
      }
    } catch (cause) {
      this.#lost(cause);
    }
    if (this.#closed === null) this.#waitForBytes();
  }

  #lost(cause: unknown): void {
    if (this.#closed !== null) return;
    void this.close();
    this.#handlers.lost(unavailable('the port', this.#endpoint, cause));
  }
}

/** Settles within a second, whether or not the driver has let go. */
async function closePort(port: OpenPort): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, closeWithinMs);
  await Promise.race([late.promise, discardAndClose(port)]);
  clearTimeout(timer);
}

/** Unsent bytes would hold up the close of a port whose other side has gone. */
async function discardAndClose(port: OpenPort): Promise<void> {
  const ignore = (): void => undefined;
  // Nothing can be done about a port that cannot be closed; opening it again tells.
  await port.flush().catch(ignore);
  if (port.fd !== null) await port.close().catch(ignore);
}

function withinTime<T>(opening: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the port did not open within ${openWithinMs} ms`)),
      openWithinMs,
    );
    const aborted = (): void => reject(new Error('the bus was closed'));
    signal.addEventListener('abort', aborted, { once: true });
    opening.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
    });
  });
}

function unavailable(what: string, endpoint: string, cause: unknown): PpuriError {
  if (cause instanceof PpuriError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new PpuriError('bus-unavailable', `${what} cannot be used: ${message}`, {
    operation: 'open a serial port',
    subject: endpoint,
    hint: hintOf(message),
    cause,
  });
}

function hintOf(message: string): string {
  if (/permission|EACCES/i.test(message)) {
    return 'add the user to the group dialout: sudo usermod -aG dialout USER, then log in again';
  }
  if (/inappropriate ioctl|ENOTTY/i.test(message)) {
    return 'this file is no serial port; ls /dev/serial/by-id shows the ports there are';
  }
  if (/lock|busy|temporarily/i.test(message)) return 'another program has the port open';
  return 'check that the adapter is plugged in; ls /dev/serial/by-id shows the ports there are';
}
