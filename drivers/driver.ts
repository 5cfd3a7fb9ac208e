/**
 * What every driver gives and takes. A bus is one physical port or TCP endpoint with one queue;
 * a reading is either the right words with their time, or a typed error.
 */

import type { PpuriError } from '../config/errors.ts';

/** A moment: `monoMs` from the process's monotonic clock (performance.now), `wallMs` epoch ms. */
export interface Instant {
  readonly monoMs: number;
  readonly wallMs: number;
}

export type RegisterTable = 'holding' | 'input' | 'coil' | 'discrete';

/** Queue classes, most urgent first: a write diverts a part, a trigger finds a shot. */
export type Priority = 'write' | 'trigger' | 'shot' | 'slow';

export interface ReadRequest {
  readonly unit: number;
  readonly table: RegisterTable;
  /** 0-based PDU address. */
  readonly address: number;
  /** Registers (1–125) or bits (1–2000). */
  readonly count: number;
  readonly priority: Priority;
  /** Overrides the bus's time-out; the promise settles within this + 100 ms of being sent. */
  readonly timeoutMs?: number;
}

/** One reply. `words` are 0–65535, or 0/1 for coils and discrete inputs, `count` of them. */
export interface BlockReading {
  readonly request: ReadRequest;
  readonly words: readonly number[];
  /** When the last byte of the reply arrived. */
  readonly at: Instant;
  readonly roundTripMs: number;
}

export interface WriteRequest {
  readonly unit: number;
  readonly table: 'coil' | 'holding';
  readonly address: number;
  readonly values: readonly number[];
  /**
   * Default `write`: it diverts a part. `slow`: it only shows something, so it waits behind every
   * poll, and a unit that does not answer is written as rarely as it would be read.
   */
  readonly priority?: 'write' | 'slow';
  readonly timeoutMs?: number;
}

export interface UnitStats {
  readonly unit: number;
  readonly requests: number;
  readonly timeouts: number;
  readonly exceptions: number;
  /** Replies refused: wrong id, unit, function, length or checksum. */
  readonly malformed: number;
  /** Of these, replies of the right shape whose checksum was wrong. */
  readonly checksumErrors: number;
  readonly lastGoodWallMs: number | null;
  /** How long ago that was, by the monotonic clock. */
  readonly lastGoodAgeMs: number | null;
  readonly roundTripMs: { readonly p50: number; readonly p99: number } | null;
  /** What the next request waits for a reply, ms: adapts to the unit, never above the bus's. */
  readonly timeoutMs: number;
  /** `silent`: asked at a falling rate. `quarantined`: a late reply of it may still be under way. */
  readonly state: 'answering' | 'silent' | 'quarantined' | 'unknown';
}

export interface BusStats {
  readonly bus: string;
  readonly state: 'idle' | 'connecting' | 'open' | 'backoff' | 'closed';
  readonly connects: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Received while nothing was asked: noise, another master, late replies. */
  readonly strayBytes: number;
  readonly queued: number;
  /** Share of the last ten seconds with an exchange or its mandatory silence under way, 0–1. */
  readonly use: number;
  readonly units: readonly UnitStats[];
}

/**
 * One queue per physical port or endpoint. Connects on first use and again after a loss, with
 * jittered backoff; while down, requests fail at once with `bus-unavailable`.
 */
export interface Bus {
  readonly kind: 'registers';
  readonly name: string;
  /** The exclusive resource, e.g. `tcp://192.168.0.10:502`; two buses on one are a clash. */
  readonly endpoint: string;
  /** Rejects only with PpuriError (codes `bus-*`, `modbus-*`). */
  read(request: ReadRequest): Promise<BlockReading>;
  /** Resolves when the device has confirmed; refused unless `writable` lists the register. */
  write(request: WriteRequest): Promise<Instant>;
  stats(): BusStats;
  /** Settles within a second whatever the other side does; pending requests reject. */
  close(): Promise<void>;
}

/** A register a configured output may write; nothing else is ever written. */
export interface WritableRegister {
  readonly unit: number;
  readonly table: 'coil' | 'holding';
  readonly address: number;
  readonly count: number;
}

/** How an instrument that speaks text frames its messages; from a profile's `line`. */
export interface LineFraming {
  /** A message ends with these bytes (latin1 text), or has this many bytes, or matches. */
  readonly end:
    | { readonly delimiter: string }
    | { readonly length: number }
    | { readonly pattern: string };
  /** Hexadecimal, the last characters of a message before its delimiter. */
  readonly checksum: LineChecksum;
  /** Bytes at the start that the checksum leaves out, e.g. 1 for an STX. */
  readonly checksumFrom: number;
  /** 7: the eighth bit is parity, checked and taken off where the port has not done it. */
  readonly bits: 7 | 8;
}

export type LineChecksum = 'none' | 'sum8' | 'xor8' | 'crc16-modbus';

export interface LineRequest {
  /** Address on the line; part of `send` already. Statistics are kept by it. */
  readonly unit: number;
  /** Latin1 text, sent as it is. */
  readonly send: string;
  readonly framing: LineFraming;
  /** A reply counts only if it matches, e.g. `^01DRS,OK`; regular expression on latin1 text. */
  readonly accept: string;
  readonly priority: Exclude<Priority, 'write'>;
  readonly timeoutMs?: number;
}

/** One whole message, without delimiter and checksum, as latin1 text. */
export interface LineReading {
  readonly text: string;
  readonly at: Instant;
  /** null for a message that was not asked for. */
  readonly roundTripMs: number | null;
}

/**
 * A line of text instruments: asked (`ask`), or streaming by themselves (`listen`). The same queue,
 * deadlines and recovery as `Bus`.
 */
export interface LineBus {
  readonly kind: 'lines';
  readonly name: string;
  readonly endpoint: string;
  /** Rejects only with PpuriError (codes `bus-*`, `line-malformed`). */
  ask(request: LineRequest): Promise<LineReading>;
  /**
   * Hands over every whole message that comes, damaged ones as `line-malformed` (no more than ten a
   * second), and `bus-unavailable` each time the line was lost: what was sent since is not known.
   * Keeps the line open until the returned function is called. Statistics are kept by `unit`.
   */
  listen(
    unit: number,
    framing: LineFraming,
    hear: (heard: LineReading | PpuriError) => void,
  ): () => void;
  stats(): BusStats;
  close(): Promise<void>;
}

export type AnyBus = Bus | LineBus;
