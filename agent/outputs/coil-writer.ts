/**
 * Brings the coils of one unit to what is wanted. One write under way at most, the newest wish wins,
 * and what the device shows is only believed for a while: a module that lost its power shows again.
 */
import { PpuriError } from '../../config/errors.ts';
import { modbusExceptionOf } from '../../drivers/describe.ts';
import type { Bus, WritableRegister } from '../../drivers/driver.ts';
import type { OutputEvents, OutputStatus } from './output.ts';

export interface CoilTarget {
  /** Of the output, for events. */
  readonly name: string;
  readonly type: string;
  readonly bus: Bus;
  readonly unit: number;
  /** The only ones that are ever written. */
  readonly coils: readonly number[];
}

const RETRY_MS = 1000;
const REWRITE_MS = 5000;
const ILLEGAL_FUNCTION = 1;

/** Ascending, each of neighbours without a gap, so that one write never touches a coil between. */
export function runsOf(coils: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const coil of [...new Set(coils)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === coil - 1) run.push(coil);
    else runs.push([coil]);
  }
  return runs;
}

export function coilRegisters(unit: number, coils: readonly number[]): WritableRegister[] {
  return runsOf(coils).map((run) => ({
    unit,
    table: 'coil',
    address: run[0] ?? 0,
    count: run.length,
  }));
}

export class CoilWriter {
  readonly #target: CoilTarget;
  readonly #events: OutputEvents;
  #runs: readonly (readonly number[])[];
  /** Coils that are on; null: nothing was wanted yet. */
  #wanted: ReadonlySet<number> | null = null;
  /** What the device has confirmed; a coil that is absent is not known. */
  readonly #shown = new Map<number, boolean>();
  #nextRun = 0;
  #writing: Promise<void> | null = null;
  #retry: NodeJS.Timeout | null = null;
  #rewrite: NodeJS.Timeout | null = null;
  #trouble: PpuriError | null = null;
  #failedInARow = 0;
  #writes = 0;
  #failed = 0;
  #closed = false;

  constructor(target: CoilTarget, events: OutputEvents) {
    this.#target = target;
    this.#events = events;
    this.#runs = runsOf(target.coils);
  }

  /** From now on exactly these of its coils are to be on. */
  want(on: ReadonlySet<number>): void {
    if (this.#closed) return;
    this.#wanted = on;
    this.#rewrite ??= setInterval(() => {
      this.#shown.clear();
      this.#write();
    }, REWRITE_MS);
    this.#write();
  }

  status(): OutputStatus {
    const { name, type } = this.#target;
    const trouble = this.#trouble?.message ?? (this.#writes === 0 ? 'not written yet' : '');
    const counts = { writes: this.#writes, failed: this.#failed };
    return { name, type, ok: trouble === '', detail: trouble, ...counts };
  }

  /** Puts every coil off, once. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#rewrite !== null) clearInterval(this.#rewrite);
    await this.#writing;
    if (this.#wanted === null) return;
    this.#wanted = new Set();
    for (const run of this.#runs) {
      const error = await this.#writeRun(run);
      if (error === null) continue;
      const text = `not switched off: ${error.message}. Its lamps may show what is no longer so`;
      this.#events.tell('output-left-on', 'warn', this.#target.name, text);
      return;
    }
  }

  /** Begins to write what is wanted and not shown, unless it is being done or is to be tried later. */
  #write(): void {
    if (this.#writing !== null || this.#retry !== null || this.#closed) return;
    const run = this.#unshown();
    if (run === null) return;
    this.#writing = this.#writeRun(run).then((error) => {
      this.#writing = null;
      if (error === null) this.#written();
      else this.#notWritten(error, run);
      this.#write();
    });
  }

  /** Each in its turn, so that one that blinks does not keep another from its own. */
  #unshown(): readonly number[] | null {
    for (let i = 0; i < this.#runs.length; i++) {
      const at = (this.#nextRun + i) % this.#runs.length;
      const run = this.#runs[at] ?? [];
      if (run.every((coil) => this.#shown.get(coil) === this.#wanted?.has(coil))) continue;
      this.#nextRun = at + 1;
      return run;
    }
    return null;
  }

  /** Gives the failure, or null. */
  async #writeRun(run: readonly number[]): Promise<PpuriError | null> {
    const { bus, unit } = this.#target;
    const states = run.map((coil) => this.#wanted?.has(coil) === true);
    const values = states.map(Number);
    const request = { unit, table: 'coil', address: run[0] ?? 0, values } as const;
    try {
      await bus.write({ ...request, priority: 'slow' });
    } catch (error) {
      if (!(error instanceof PpuriError)) throw error;
      this.#failed += 1;
      return error;
    }
    this.#writes += 1;
    for (const [i, coil] of run.entries()) this.#shown.set(coil, states[i] === true);
    return null;
  }

  #written(): void {
    if (this.#trouble === null) return;
    const times = this.#failedInARow;
    this.#trouble = null;
    this.#failedInARow = 0;
    const text = `it is written again, after ${times} failed ${times === 1 ? 'write' : 'writes'}`;
    this.#events.tell('output-back', 'info', this.#target.name, text);
  }

  #notWritten(error: PpuriError, run: readonly number[]): void {
    // Cheap relay modules know only the write of one coil.
    if (run.length > 1 && modbusExceptionOf(error) === ILLEGAL_FUNCTION) {
      this.#runs = this.#target.coils.map((coil) => [coil]);
      return;
    }
    // It may have lost its power meanwhile, and with it all that it showed.
    this.#shown.clear();
    if (this.#trouble === null) {
      const text = `it shows nothing new: ${error.message}${error.hint && ` (${error.hint})`}`;
      this.#events.tell('output-failed', 'warn', this.#target.name, text);
    }
    this.#trouble = error;
    this.#failedInARow += 1;
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#write();
    }, RETRY_MS);
  }
}
