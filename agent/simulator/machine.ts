/** One machine on its unit: puts shots into the registers in their time and counts them. */
import { performance } from 'node:perf_hooks';
import type { Profile } from '../../config/profile.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import { Codec, type CodedSignal, place } from './codec.ts';
import { HoldGate } from './hold.ts';
import type { ServedUnit } from './modbus-server.ts';
import type { MachineTime } from './power-meter.ts';
import { requireSignal, UnitRegisters } from './registers.ts';
import type { ShotSource, SourceShot } from './source.ts';

const slowRefreshMs = 100;
/** setTimeout's longest. */
const longestWaitMs = 0x7fff_ffff;

export interface MachineTiming {
  /** Simulated seconds per real second; `max`: as fast as it is read. */
  readonly pace: number | 'max';
  /** `until-read`: a shot stays until a reader has seen it whole (see HoldGate). */
  readonly hold: 'until-read' | 'no';
  /** `when-read`: the first shot waits for somebody to read the counter. */
  readonly begin: 'at-once' | 'when-read';
}

/** When the machine last answered a read, performance.now() of its process; null: not yet. */
export interface Answered {
  /** Of the shot counter. */
  readonly counterMs: number | null;
  /** Of the last register of the shot's block. */
  readonly blockMs: number | null;
  /** The same for the first time since the shot was put there; null: not since. */
  readonly firstBlockMs: number | null;
}

export interface MachineEvents {
  /** After the registers have changed. `counter` is the machine's own, `index` counts from 1. */
  shot(shot: SourceShot, counter: number, index: number, monoMs: number): void;
  write(
    table: 'coil' | 'holding',
    address: number,
    values: readonly number[],
    monoMs: number,
    answered: Answered,
  ): void;
  /** The source has no more shots, and the last one has been read where it is held. */
  ended(): void;
}

export class SimulatedMachine implements ServedUnit {
  readonly #source: ShotSource;
  readonly #timing: MachineTiming;
  readonly #events: MachineEvents;
  readonly #registers: UnitRegisters;
  readonly #counterSignal: CodedSignal;
  readonly #gate: HoldGate;
  readonly #resetShots: number | null;
  #counter: number;
  #index = 0;
  #pending: SourceShot | null = null;
  #timer: NodeJS.Timeout | null = null;
  #due = false;
  #free = true;
  #running = false;
  #started = false;
  #lastShotMs = performance.now();
  #lastShotS = 0;
  #slowMs = Number.NEGATIVE_INFINITY;
  #answered: Answered = { counterMs: null, blockMs: null, firstBlockMs: null };
  readonly #blockEnd: CodedSignal | null;

  constructor(
    profile: Profile,
    source: ShotSource,
    timing: MachineTiming,
    counter: { readonly start: number; readonly resetShots: number | null },
    events: MachineEvents,
  ) {
    const codec = new Codec(profile);
    const trigger = profile.cycle?.trigger;
    const counterName = trigger !== undefined && 'signal' in trigger ? trigger.signal : 'shotCount';
    this.#counterSignal = requireSignal(codec.signals, counterName, profile.id);
    this.#source = source;
    this.#timing = timing;
    this.#events = events;
    this.#counter = counter.start;
    this.#resetShots = counter.resetShots;
    this.#registers = new UnitRegisters(codec.signals.values(), 'free');
    const block = codec.ofPoll('shot');
    this.#gate = new HoldGate(this.#counterSignal, block);
    this.#blockEnd = block.toSorted((a, b) => lastWord(b) - lastWord(a))[0] ?? null;
    for (const placed of source.initial()) this.#registers.put(placed);
    this.#registers.put(place(this.#counter, this.#counterSignal));
  }

  start(): void {
    this.#running = true;
    this.#lastShotMs = performance.now();
    if (this.#timing.begin === 'at-once') this.#begin();
  }

  /** Makes no more shots; the last one stays in the registers. */
  stopShots(): void {
    this.#running = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  time(monoMs: number): MachineTime {
    const { pace } = this.#timing;
    const since = pace === 'max' ? 0 : ((monoMs - this.#lastShotMs) * pace) / 1000;
    const afterS = this.#pending?.afterS ?? null;
    return { nowS: this.#lastShotS + since, sinceShotS: since, afterS };
  }

  read(table: RegisterTable, address: number, count: number, reader: object): Uint16Array | null {
    const monoMs = performance.now();
    this.#refreshSlow(monoMs);
    const words = this.#registers.read(table, address, count);
    if (words === null) return null;
    if (covers(this.#counterSignal, table, address, count)) {
      this.#answered = { ...this.#answered, counterMs: monoMs };
      if (!this.#started && this.#running) this.#begin();
    }
    if (this.#blockEnd !== null && covers(this.#blockEnd, table, address, count)) {
      const { firstBlockMs, ...before } = this.#answered;
      this.#answered = { ...before, blockMs: monoMs, firstBlockMs: firstBlockMs ?? monoMs };
    }
    const held = this.#timing.hold === 'until-read' && !this.#free;
    if (held && this.#gate.note(reader, table, address, count)) this.#release();
    return words;
  }

  write(table: 'coil' | 'holding', address: number, values: readonly number[]): boolean {
    const monoMs = performance.now();
    if (!this.#registers.write(table, address, values)) return false;
    this.#events.write(table, address, values, monoMs, this.#answered);
    return true;
  }

  #begin(): void {
    this.#started = true;
    this.#lastShotMs = performance.now();
    this.#prepare();
  }

  #release(): void {
    this.#free = true;
    // After the reply that is being made has been sent.
    setImmediate(() => this.#publishIfDue());
  }

  #prepare(): void {
    this.#pending = this.#source.next();
    this.#due = false;
    if (this.#pending === null) {
      this.#due = true;
      setImmediate(() => this.#publishIfDue());
      return;
    }
    const { pace } = this.#timing;
    const waitMs = pace === 'max' ? 0 : (this.#pending.afterS * 1000) / pace;
    const leftMs = waitMs - (performance.now() - this.#lastShotMs);
    const arrive = (): void => {
      this.#due = true;
      this.#publishIfDue();
    };
    if (leftMs <= 0) setImmediate(arrive);
    else this.#timer = setTimeout(arrive, Math.min(leftMs, longestWaitMs));
  }

  #publishIfDue(): void {
    const blocked = this.#timing.hold === 'until-read' && !this.#free;
    if (!this.#running || !this.#due || blocked) return;
    this.#due = false;
    if (this.#pending === null) {
      this.#running = false;
      this.#events.ended();
    } else {
      this.#publish(this.#pending);
      this.#prepare();
    }
  }

  /** All of the block changes before the counter does, in one tick. */
  #publish(shot: SourceShot): void {
    for (const placed of shot.block) this.#registers.put(placed);
    this.#index += 1;
    const reset = this.#resetShots !== null && this.#index % this.#resetShots === 0;
    this.#counter = reset ? 1 : (this.#counter + 1) % 0x10000;
    this.#registers.put(place(this.#counter, this.#counterSignal));
    this.#gate.reset();
    this.#answered = { ...this.#answered, firstBlockMs: null };
    this.#free = false;
    this.#lastShotMs = performance.now();
    this.#lastShotS = shot.simulatedS;
    this.#events.shot(shot, this.#counter, this.#index, this.#lastShotMs);
  }

  #refreshSlow(monoMs: number): void {
    if (monoMs - this.#slowMs < slowRefreshMs) return;
    this.#slowMs = monoMs;
    for (const placed of this.#source.slow(this.time(monoMs).nowS)) this.#registers.put(placed);
  }
}

function lastWord({ register, words }: CodedSignal): number {
  return register.address + words - 1;
}

/** Whether a read gives the last word of `signal`. */
function covers(
  signal: CodedSignal,
  table: RegisterTable,
  address: number,
  count: number,
): boolean {
  const last = lastWord(signal);
  return signal.register.table === table && last >= address && last < address + count;
}
