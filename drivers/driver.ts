/**
 * What every driver gives and takes. A bus is one physical port or TCP endpoint with one queue;
 * a reading is either the right words with their time, or a typed error.
 */

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
  readonly timeoutMs?: number;
}

export interface UnitStats {
  readonly unit: number;
  readonly requests: number;
  readonly timeouts: number;
  readonly exceptions: number;
  /** Frames refused: wrong id, unit, function, length or checksum. */
  readonly malformed: number;
  readonly lastGoodWallMs: number | null;
  readonly roundTripMs: { readonly p50: number; readonly p99: number } | null;
}

export interface BusStats {
  readonly bus: string;
  readonly state: 'idle' | 'connecting' | 'open' | 'backoff' | 'closed';
  readonly connects: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly queued: number;
  readonly units: readonly UnitStats[];
}

/**
 * One queue per physical port or endpoint. Connects on first use and again after a loss, with
 * jittered backoff; while down, requests fail at once with `bus-unavailable`.
 */
export interface Bus {
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
