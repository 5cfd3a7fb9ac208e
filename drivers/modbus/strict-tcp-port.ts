import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { PpuriError } from '../../config/errors.ts';
import { now } from '../clock.ts';
import type { Instant } from '../driver.ts';
import { crc16 } from './crc16.ts';
import { checkReply, type ExpectedReply, expectReply, longestFrame } from './mbap.ts';

const keepAliveMs = 10_000;

export interface TcpEndpoint {
  readonly host: string;
  readonly port: number;
}

/** Transaction ids of one endpoint. They go on over reconnects, all 16 bits, from a random start. */
export class TransactionIds {
  #last = Math.floor(Math.random() * 0x10000);

  next(): number {
    this.#last = (this.#last + 1) & 0xffff;
    return this.#last;
  }
}

/**
 * The port beneath modbus-serial's codec for one TCP connection. It owns the socket, and emits
 * `data` (unit, PDU, CRC, as the codec wants it) only for the one reply that fits the outstanding
 * request. Anything else destroys the socket. It is never opened again.
 */
export class StrictTcpPort extends EventEmitter {
  isOpen = false;
  /** The codec files its one transaction under this; the ids on the wire are ours. */
  readonly _transactionIdWrite = 1;
  readonly _transactionIdRead = 1;
  bytesSent = 0;
  bytesReceived = 0;
  /** When the last byte of the last frame arrived. */
  receivedAt: Instant = { monoMs: 0, wallMs: 0 };
  readonly #ids: TransactionIds;
  readonly #received = Buffer.allocUnsafe(longestFrame);
  #size = 0;
  #expected: ExpectedReply | null = null;
  #socket: Socket | null = null;
  #failed: ((cause: PpuriError) => void) | null = null;

  constructor(ids: TransactionIds) {
    super();
    this.#ids = ids;
  }

  /** Connects once; `failed` is called at most once, when the connection is refused or lost. */
  connect(endpoint: TcpEndpoint, opened: () => void, failed: (cause: PpuriError) => void): void {
    this.#failed = failed;
    const subject = `tcp://${endpoint.host}:${endpoint.port}`;
    const socket = connect({
      ...endpoint,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
      onread: {
        buffer: Buffer.allocUnsafe(2 * longestFrame),
        callback: (size, bytes) => this.#receive(bytes, size),
      },
    });
    this.#socket = socket;
    socket.once('connect', () => {
      this.isOpen = true;
      opened();
    });
    socket.once('end', () => this.#fail(unavailable('the device closed the connection', subject)));
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      // A name with several addresses fails with one error for all, whose message is empty.
      this.#fail(unavailable(cause.message || (cause.code ?? cause.name), subject, cause));
    });
    socket.once('close', () => this.#fail(unavailable('the connection closed', subject)));
  }

  /** For the codec: sends one request given as unit, PDU and CRC. */
  write(frame: Buffer): void {
    const length = frame.length - 2;
    const transaction = this.#ids.next();
    this.#expected = expectReply(frame.subarray(0, length), transaction);
    this.#size = 0;
    const wire = Buffer.allocUnsafe(6 + length);
    wire.writeUInt16BE(transaction, 0);
    wire.writeUInt16BE(0, 2);
    wire.writeUInt16BE(length, 4);
    frame.copy(wire, 6, 0, length);
    this.bytesSent += wire.length;
    this.#socket?.write(wire);
  }

  /** Closes at once; `failed` is not called any more. */
  destroy(): void {
    this.#failed = null;
    this.#shut();
  }

  #receive(bytes: Uint8Array, size: number): boolean {
    this.bytesReceived += size;
    const expected = this.#expected;
    if (expected === null) return this.#malformed('bytes that nothing asked for');
    const kept = Math.min(size, longestFrame - this.#size);
    this.#received.set(bytes.subarray(0, kept), this.#size);
    this.#size += kept;
    const check = checkReply(this.#received, this.#size, expected);
    if (typeof check === 'object') return this.#malformed(check.fault);
    if (kept < size) return this.#malformed('a frame without end');
    if (check !== 'incomplete') this.#passUp();
    return this.isOpen;
  }

  #passUp(): void {
    this.receivedAt = now();
    this.#expected = null;
    const length = this.#size - 6;
    const frame = Buffer.allocUnsafe(length + 2);
    this.#received.copy(frame, 0, 6, this.#size);
    frame.writeUInt16LE(crc16(frame, length), length);
    this.emit('data', frame);
  }

  #malformed(fault: string): false {
    const remote = `tcp://${this.#socket?.remoteAddress}:${this.#socket?.remotePort}`;
    this.#fail(
      new PpuriError('modbus-malformed', `the reply does not fit the request: ${fault}`, {
        operation: 'receive',
        subject: remote,
        hint: 'the connection is opened afresh; if it recurs, another client may share a gateway that mixes up replies',
      }),
    );
    return false;
  }

  #fail(cause: PpuriError): void {
    const failed = this.#failed;
    this.#failed = null;
    this.#shut();
    failed?.(cause);
  }

  #shut(): void {
    this.isOpen = false;
    this.#expected = null;
    this.#socket?.destroy();
  }
}

function unavailable(why: string, subject: string, cause?: unknown): PpuriError {
  return new PpuriError('bus-unavailable', `not connected: ${why}`, {
    operation: 'connect',
    subject,
    hint: 'check address, port, cable and power; many PLCs allow only a few connections at once',
    cause,
  });
}
