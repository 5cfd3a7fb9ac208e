/** One machine on its unit: puts shots into the registers in their time and counts them. */
import { performance } from 'node:perf_hooks';
import type { Profile } from '../../config/profile.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import { Codec, type CodedSignal, place } from './codec.ts';
import { HoldGate } from './hold.ts';
import type { ServedUnit } from './modbus-server.ts';
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

export interface MachineEvents {
  /** After the registers have changed. `counter` is the machine's own, `index` counts from 1. */
  shot(shot: SourceShot, counter: number, index: number, monoMs: number): void;
  write(
    table: 'coil' | 'holding',
    address: number,
    values: readonly number[],
    monoMs: number,
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
    this.#registers = new UnitRegisters(codec.signals.values());
    this.#gate = new HoldGate(this.#counterSignal, codec.ofPoll('shot'));
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

  /** Simulated seconds since the start, and since the last shot. */
  time(monoMs: number): { readonly nowS: number; readonly sinceShotS: number } {
    const { pace } = this.#timing;
    const since = pace === 'max' ? 0 : ((monoMs - this.#lastShotMs) * pace) / 1000;
    return { nowS: this.#lastShotS + since, sinceShotS: since };
  }

  read(table: RegisterTable, address: number, count: number, reader: object): Uint16Array | null {
    this.#refreshSlow();
    const words = this.#registers.read(table, address, count);
    if (words === null) return null;
    if (!this.#started && this.#running && this.#isCounter(table, address, count)) this.#begin();
    const held = this.#timing.hold === 'until-read' && !this.#free;
    if (held && this.#gate.note(reader, table, address, count)) this.#release();
    return words;
  }

  write(table: 'coil' | 'holding', address: number, values: readonly number[]): boolean {
    const monoMs = performance.now();
    if (!this.#registers.write(table, address, values)) return false;
    this.#events.write(table, address, values, monoMs);
    return true;
  }

  #isCounter(table: RegisterTable, address: number, count: number): boolean {
    const { register } = this.#counterSignal;
    return (
      register.table === table && register.address >= address && register.address < address + count
    );
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
    this.#free = false;
    this.#lastShotMs = performance.now();
    this.#lastShotS = shot.simulatedS;
    this.#events.shot(shot, this.#counter, this.#index, this.#lastShotMs);
  }

  #refreshSlow(): void {
    const monoMs = performance.now();
    if (monoMs - this.#slowMs < slowRefreshMs) return;
    this.#slowMs = monoMs;
    for (const placed of this.#source.slow(this.time(monoMs).nowS)) this.#registers.put(placed);
  }
}
