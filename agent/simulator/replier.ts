/** Requests in, replies out, right ones and spoiled ones: what every simulated server shares. */
import {
  defaultFaultSettings,
  type Exchange,
  type FaultSettings,
  type Outcome,
  rightFrame,
  spoil,
} from './fault-frames.ts';
import { type FaultName, FaultPlan, type FaultRates } from './faults.ts';
import type { FramingName } from './framing.ts';
import { answerPdu, exceptionPdu, gatewayTargetSilent, type ServedUnit } from './modbus-pdu.ts';

/** A request as the server understood it. */
export interface ServedRequest {
  /** 1, 2, 3 … of this server. */
  readonly number: number;
  /** performance.now() when its last byte was received, before any time on a simulated wire. */
  readonly atMs: number;
  /** 1 for the first connection; 1 on a pty. */
  readonly connection: number;
  readonly unit: number;
  readonly functionCode: number;
  readonly address: number;
  /** Count for reads and FC15/16, value for FC05/06. */
  readonly count: number;
  readonly frame: Buffer;
}

export interface ServedReply {
  readonly request: ServedRequest;
  /** null: the right reply, at the right time. */
  readonly fault: FaultName | null;
  /** Before turnaround and line time. */
  readonly outcome: Outcome;
}

export interface Faults {
  readonly rates: FaultRates;
  readonly seed: number;
  readonly settings?: Partial<FaultSettings>;
}

export interface ReplierOptions {
  /** null: no such unit. Over Modbus TCP that is exception 11, on RTU silence. */
  readonly unit: (id: number) => ServedUnit | null;
  readonly faults?: Faults;
  /** Units that never answer. */
  readonly dead?: ReadonlySet<number>;
  /** From the whole request to the reply, ms. On RTU the end-of-frame silence is the least there is. */
  readonly turnaroundMs?: number | ((unit: number) => number);
  readonly onRequest?: (request: ServedRequest) => void;
  /** Also for replies that will not be sent; not for units that are silent. */
  readonly onReply?: (reply: ServedReply) => void;
}

export interface ReplyCounts {
  readonly requests: number;
  /** Requests that had a reply due, right or spoiled. */
  readonly replies: number;
  readonly faults: Readonly<Partial<Record<FaultName, number>>>;
}

/** `request` is the whole frame; `pdu` is its function code and data. */
export interface ReceivedRequest {
  readonly request: Buffer;
  readonly pdu: Buffer;
  readonly unit: number;
  readonly transaction: number;
  readonly connection: number;
}

const highestUnit = 247;

export class Replier {
  readonly #framing: FramingName;
  readonly #options: ReplierOptions;
  readonly #plan: FaultPlan | null;
  readonly #settings: FaultSettings;
  readonly #faults: Partial<Record<FaultName, number>> = {};
  #requests = 0;
  #replies = 0;

  constructor(framing: FramingName, options: ReplierOptions) {
    this.#framing = framing;
    this.#options = options;
    this.#plan = options.faults === undefined ? null : new FaultPlan(options.faults);
    this.#settings = { ...defaultFaultSettings, ...options.faults?.settings };
  }

  counts(): ReplyCounts {
    return { requests: this.#requests, replies: this.#replies, faults: { ...this.#faults } };
  }

  turnaroundMs(unit: number): number {
    const { turnaroundMs = 0 } = this.#options;
    return typeof turnaroundMs === 'number' ? turnaroundMs : turnaroundMs(unit);
  }

  /** What goes out for this request; null: nobody answers. `reader` stands for the connection. */
  answer(received: ReceivedRequest, reader: object): Outcome | null {
    this.#requests += 1;
    const { onRequest, onReply, dead } = this.#options;
    const heard = onRequest !== undefined || onReply !== undefined;
    const told = heard ? this.#told(received) : null;
    if (told !== null) onRequest?.(told);
    if (dead?.has(received.unit) === true) return null;
    const pdu = this.#right(received, reader);
    if (pdu === null) return null;
    this.#replies += 1;
    const { unit, transaction, request } = received;
    const exchange = { framing: this.#framing, unit, transaction, request, pdu };
    const fault = this.#plan?.next() ?? null;
    const outcome = this.#outcome(fault, exchange);
    if (told !== null) onReply?.({ request: told, fault, outcome });
    return outcome;
  }

  #outcome(fault: FaultName | null, exchange: Exchange): Outcome {
    if (fault === null || this.#plan === null) {
      return { deliveries: [{ afterMs: 0, bytes: rightFrame(exchange) }], connection: 'stays' };
    }
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
    return spoil(fault, exchange, this.#plan.random, this.#settings);
  }

  #right({ unit, pdu }: ReceivedRequest, reader: object): Buffer | null {
    const served = this.#options.unit(unit);
    if (this.#framing === 'modbus-tcp') {
      return served === null
        ? exceptionPdu(pdu[0] ?? 0, gatewayTargetSilent)
        : answerPdu(served, pdu, reader);
    }
    if (unit === 0) this.#broadcast(pdu, reader);
    return served === null || unit === 0 ? null : answerPdu(served, pdu, reader);
  }

  /** To all units and answered by none. */
  #broadcast(pdu: Buffer, reader: object): void {
    for (let unit = 1; unit <= highestUnit; unit++) {
      const served = this.#options.unit(unit);
      if (served !== null) answerPdu(served, pdu, reader);
    }
  }

  #told({ request, pdu, unit, connection }: ReceivedRequest): ServedRequest {
    return {
      number: this.#requests,
      atMs: performance.now(),
      connection,
      unit,
      functionCode: pdu[0] ?? 0,
      address: pdu.length >= 3 ? pdu.readUInt16BE(1) : 0,
      count: pdu.length >= 5 ? pdu.readUInt16BE(3) : 0,
      frame: Buffer.from(request),
    };
  }
}
