/** Serves simulated instruments that speak text: in the time their line takes, with its faults. */
import { Duplex } from 'node:stream';
import type { Profile } from '../../config/profile.ts';
import type { ByteCarrier } from './byte-carrier.ts';
import { defaultFaultSettings, type FaultSettings, type Outcome, spoil } from './fault-frames.ts';
import { type FaultName, FaultPlan } from './faults.ts';
import { type LineInstrument, startLineInstrument } from './line-instrument.ts';
import type { Faults } from './replier.ts';
import { Timers } from './timers.ts';
import { WireLine } from './wire-timing.ts';

export interface LineServerOptions {
  readonly profile: Profile;
  readonly carrier: ByteCarrier;
  /** Their addresses on the line. */
  readonly units: readonly number[];
  readonly seed: number;
  readonly speed?: number;
  /** Time of one character; null: none. */
  readonly byteMs: number | null;
  readonly faults?: Faults;
  /** Each message that goes out otherwise than it should. */
  readonly onFault?: (fault: FaultName, message: Buffer) => void;
}

export interface LineServer {
  readonly address: string;
  counts(): {
    readonly asked: number;
    readonly said: number;
    readonly faults: Readonly<Partial<Record<FaultName, number>>>;
  };
  /** Closes the carrier too. */
  close(): Promise<void>;
}

/** Throws `profile-invalid` for a profile without a simulated instrument. */
export function startLineServer(options: LineServerOptions): LineServer {
  return new LineServing(options);
}

class LineServing implements LineServer {
  readonly #carrier: ByteCarrier;
  readonly #line: WireLine | null;
  readonly #timers = new Timers();
  readonly #stream: Duplex;
  readonly #instruments: readonly LineInstrument[];
  readonly #plan: FaultPlan | null;
  readonly #settings: FaultSettings;
  readonly #faults: Partial<Record<FaultName, number>> = {};
  readonly #onFault: LineServerOptions['onFault'];
  /** The last that was received: an echo repeats it. */
  #request: Buffer = Buffer.alloc(0);
  #throughMs = 0;

  constructor(options: LineServerOptions) {
    const { carrier, byteMs, faults, profile, units, seed, speed = 1 } = options;
    this.#carrier = carrier;
    this.#line = byteMs === null ? null : new WireLine(byteMs, (bytes) => carrier.write(bytes));
    this.#plan = faults === undefined ? null : new FaultPlan(faults);
    this.#settings = { ...defaultFaultSettings, ...faults?.settings };
    this.#onFault = options.onFault;
    const stream = new Duplex({
      read: () => undefined,
      write: (message: Buffer, _, done) => {
        this.#say(message);
        done();
      },
    });
    this.#stream = stream;
    this.#instruments = units.map((unit) =>
      startLineInstrument({ profile, stream, unit, seed, speed }),
    );
    carrier.listen((bytes) => this.#receive(bytes));
  }

  get address(): string {
    return this.#carrier.address;
  }

  counts() {
    const sum = (of: (one: LineInstrument) => number): number =>
      this.#instruments.reduce((total, one) => total + of(one), 0);
    return {
      // Each of them hears what is asked of any.
      asked: this.#instruments[0]?.asked ?? 0,
      said: sum(({ said }) => said),
      faults: { ...this.#faults },
    };
  }

  async close(): Promise<void> {
    for (const instrument of this.#instruments) instrument.stop();
    this.#timers.clear();
    this.#line?.close();
    this.#stream.destroy();
    await this.#carrier.close();
  }

  #receive(bytes: Buffer): void {
    const atMs = performance.now();
    this.#throughMs = this.#line?.received(bytes.length, atMs) ?? atMs;
    this.#request = bytes;
    this.#stream.push(bytes);
  }

  #say(message: Buffer): void {
    const dueMs = Math.max(this.#throughMs, performance.now());
    const { deliveries, connection } = this.#outcome(message);
    for (const { afterMs, bytes } of deliveries) this.#send(bytes, dueMs + afterMs);
    if (connection === 'reset') this.#carrier.reset();
    else if (connection === 'half-open') this.#carrier.hang();
  }

  #outcome(pdu: Buffer): Outcome {
    const fault = this.#plan?.next() ?? null;
    if (fault === null || this.#plan === null)
      return { deliveries: [{ afterMs: 0, bytes: pdu }], connection: 'stays' };
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
    this.#onFault?.(fault, pdu);
    const exchange = {
      framing: 'text',
      unit: 0,
      transaction: 0,
      request: this.#request,
      pdu,
    } as const;
    return spoil(fault, exchange, this.#plan.random, this.#settings);
  }

  #send(bytes: Buffer, atMs: number): void {
    const delayMs = atMs - performance.now();
    if (this.#line !== null) this.#line.send(bytes, atMs);
    else if (delayMs <= 0) this.#carrier.write(bytes);
    else this.#timers.after(delayMs, () => this.#carrier.write(bytes));
  }
}
