/** One output on a real bus before a module, or in an agent of its own; all of it ended after a test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { Output, OutputEvents, PlantState } from '../../agent/outputs/output.ts';
import type { Bus, WritableRegister } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import { CoilModule, type CoilWrite } from '../fixtures/coil-module.ts';
import { HeartbeatWatch } from '../fixtures/heartbeat-watch.ts';

export interface Show {
  readonly what: string;
  readonly state: PlantState;
  /** Coils that are to be on, without those that go on and off. */
  readonly lit: readonly number[];
  readonly flashing?: readonly number[];
}

export interface OutputHarness {
  /** What a configuration says of it, for an agent in a process of its own. */
  readonly config: { readonly type: string; readonly unit: number };
  readonly registers: readonly WritableRegister[];
  create(bus: Bus, events: OutputEvents): Output;
  /** At least one of them lights something. */
  readonly shows: readonly Show[];
  readonly heartbeat?: Heartbeat;
}

export interface Heartbeat {
  readonly coil: number;
  readonly heartbeatMs: number;
}

export const calm: PlantState = { worst: null, calling: null, buzzer: 'off', watching: 'all' };

const program = fileURLToPath(new URL('../fixtures/output-agent.ts', import.meta.url));

export class OutputRig {
  readonly harness: OutputHarness;
  readonly unit: number;
  /** Every coil it may write. */
  readonly owned: readonly number[];
  readonly #closing: (() => unknown)[] = [];
  readonly #modules: CoilModule[] = [];

  constructor(harness: OutputHarness) {
    this.harness = harness;
    this.unit = harness.config.unit;
    this.owned = harness.registers.flatMap(({ address, count }) =>
      Array.from({ length: count }, (_, i) => address + i),
    );
  }

  /** A state that lights something. */
  get loud(): Show {
    const found = this.harness.shows.find(
      ({ lit, flashing = [] }) => lit.length + flashing.length > 0,
    );
    if (found === undefined) throw new Error('the harness shows nothing');
    return found;
  }

  async module(): Promise<CoilModule> {
    const module = new CoilModule();
    await module.start();
    this.#modules.push(module);
    this.atEnd(() => module.stop());
    return module;
  }

  async output(given?: CoilModule) {
    const module = given ?? (await this.module());
    const told: string[] = [];
    const bus = createBus(
      'press',
      { type: 'modbus-tcp', host: '127.0.0.1', port: module.port, timeoutMs: 500 },
      { writable: this.harness.registers },
    );
    this.atEnd(() => bus.close());
    const output = this.harness.create(bus, {
      tell: (kind, level) => void told.push(`${level} ${kind}`),
    });
    this.atEnd(() => output.close());
    return { module, output, told };
  }

  /** Turns of a loop that goes on, until `stop`. */
  turning(output: Output, state: PlantState): { stop(): void } {
    const timer = setInterval(() => output.show(state), 50);
    const stop = (): void => clearInterval(timer);
    this.atEnd(stop);
    output.show(state);
    return { stop };
  }

  /** The same in a process of its own. */
  agent(module: CoilModule, state: PlantState): ChildProcess {
    const { config } = this.harness;
    const args = [program, `${module.port}`, JSON.stringify(config), JSON.stringify(state)];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'inherit', 'inherit'] });
    this.atEnd(() => child.kill('SIGKILL'));
    return child;
  }

  plc(module: CoilModule, { coil, heartbeatMs }: Heartbeat): HeartbeatWatch {
    const plc = new HeartbeatWatch(module, this.unit, coil, heartbeatMs);
    this.atEnd(() => plc.stop());
    return plc;
  }

  /** Its coils that are on, without the heartbeat and those that `flash`. */
  steady(module: CoilModule, flashing: readonly number[] = []): number[] {
    const restless = [this.harness.heartbeat?.coil, ...flashing];
    const lit = module.lit(this.unit);
    return lit.filter((coil) => this.owned.includes(coil) && !restless.includes(coil));
  }

  /** Settles when this is what the module shows. */
  async showing(module: CoilModule, { lit, flashing = [] }: Show): Promise<void> {
    await module.until(() => this.steady(module, flashing).join() === lit.join());
    for (const coil of [...flashing, ...flashing]) {
      await module.until(() => module.lit(this.unit).includes(coil));
      await module.until(() => !module.lit(this.unit).includes(coil));
    }
  }

  /** Settles when its last wish is confirmed. */
  async written(output: Output): Promise<void> {
    await expect.poll(() => output.status().ok).toBe(true);
  }

  atEnd(close: () => unknown): void {
    this.#closing.push(close);
  }

  /** Ends everything; whatever was written that is not among the listed registers. */
  async end(): Promise<CoilWrite[]> {
    for (const close of this.#closing.splice(0).reverse()) await close();
    const listed = ({ unit, address, values }: CoilWrite): boolean =>
      this.harness.registers.some(
        (own) =>
          own.unit === unit &&
          address >= own.address &&
          address + values.length <= own.address + own.count,
      );
    const writes = this.#modules.splice(0).flatMap((module) => module.writes);
    return writes.filter((write) => !listed(write));
  }
}
