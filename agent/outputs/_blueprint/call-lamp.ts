/**
 * A minimal output to copy: one lamp that is lit while something calls for attention. It is compiled
 * and run through the contract suite like every output, but no configuration can name it.
 */
import { CoilWriter } from '../coil-writer.ts';
import type { Output, OutputFactory, PlantState } from '../output.ts';

export interface CallLampConfig {
  readonly type: 'call-lamp';
  readonly bus: string;
  readonly unit: number;
  readonly coil: number;
}

// 1. The factory: pure. The writer brings one write at a time, retries, rewriting and statistics.
export const callLamp: OutputFactory<CallLampConfig> = {
  create: (name, { type, unit, coil }, bus, events) =>
    new CallLamp(coil, new CoilWriter({ name, type, bus, unit, coils: [coil] }, events)),
};

// 2. The output: a state in, coils that are on out.
class CallLamp implements Output {
  readonly #coil: number;
  readonly #writer: CoilWriter;

  constructor(coil: number, writer: CoilWriter) {
    this.#coil = coil;
    this.#writer = writer;
  }

  start(): void {
    this.#writer.want(new Set());
  }

  show({ calling }: PlantState): void {
    this.#writer.want(new Set(calling === null ? [] : [this.#coil]));
  }

  status() {
    return this.#writer.status();
  }

  close(): Promise<void> {
    return this.#writer.close();
  }
}
