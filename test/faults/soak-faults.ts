/** What befalls the agent of a soak and its surroundings, one fault after another, and when. */
import { setTimeout as pause } from 'node:timers/promises';
import { childrenOf, roleOf } from '../../agent/bench/proc.ts';
import { Random } from '../../agent/simulator/random.ts';
import type { Mosquitto } from '../fixtures/mosquitto.ts';
import type { SoakShop } from './soak-shop.ts';

export const faultNames = [
  'device-hangs',
  'broker-away',
  'device-dead',
  'infer-killed',
  'broker-hangs',
  'keep-killed',
] as const;
export type FaultName = (typeof faultNames)[number];

/** Children are killed seldom: whether one grows can only be seen while it lives. */
const everyRounds: Readonly<Partial<Record<FaultName, number>>> = {
  'infer-killed': 2,
  'keep-killed': 3,
};

export interface FaultWindow {
  readonly fault: FaultName;
  /** performance.now() of this process; `toMs` includes the time to recover. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface FaultTimes {
  /** From the end of one to the beginning of the next. */
  readonly gapSeconds: readonly [number, number];
  readonly outageSeconds: readonly [number, number];
  /** Shots so long after a fault still count as its. */
  readonly recoverSeconds: number;
}

interface Surroundings {
  readonly shop: SoakShop;
  readonly broker: Mosquitto;
  readonly agentPid: number;
}

export class SoakFaults {
  readonly windows: FaultWindow[] = [];
  readonly #random: Random;
  readonly #times: FaultTimes;
  readonly #around: Surroundings;
  #open: { readonly fault: FaultName; readonly fromMs: number } | null = null;

  constructor(around: Surroundings, times: FaultTimes, seed: number) {
    this.#around = around;
    this.#times = times;
    this.#random = new Random(seed, 'soak faults');
  }

  /** The fault at work or just over; null: none. */
  at(monoMs: number): FaultName | null {
    if (this.#open !== null && monoMs >= this.#open.fromMs) return this.#open.fault;
    const last = this.windows.findLast(({ fromMs, toMs }) => monoMs >= fromMs && monoMs <= toMs);
    return last?.fault ?? null;
  }

  counts(): Partial<Record<FaultName, number>> {
    const counts: Partial<Record<FaultName, number>> = {};
    for (const { fault } of this.windows) counts[fault] = (counts[fault] ?? 0) + 1;
    return counts;
  }

  /** Until `over`; the last fault is put right before it settles. */
  async run(over: AbortSignal): Promise<void> {
    for (let round = 1; !over.aborted; round += 1)
      for (const fault of faultNames) {
        if (round % (everyRounds[fault] ?? 1) !== 0) continue;
        await this.#wait(this.#times.gapSeconds, over);
        if (over.aborted) return;
        const fromMs = performance.now();
        this.#open = { fault, fromMs };
        await this.#acts[fault](over);
        const toMs = performance.now() + this.#times.recoverSeconds * 1000;
        this.windows.push({ fault, fromMs, toMs });
        this.#open = null;
      }
  }

  readonly #acts: Readonly<Record<FaultName, (over: AbortSignal) => Promise<void>>> = {
    'device-hangs': async (over) => {
      this.#around.shop.hang();
      await this.#wait(this.#times.outageSeconds, over);
      this.#around.shop.wake();
    },
    'device-dead': async (over) => {
      await this.#around.shop.die();
      await this.#wait(this.#times.outageSeconds, over);
      await this.#around.shop.revive();
    },
    // Asked to end, it saves what it holds for others: what it acknowledged is its own from then on.
    'broker-away': async (over) => {
      await this.#around.broker.kill('SIGTERM');
      await this.#wait(this.#times.outageSeconds, over);
      await this.#around.broker.start();
    },
    'broker-hangs': async (over) => {
      this.#around.broker.hang();
      await this.#wait(this.#times.outageSeconds, over);
      this.#around.broker.wake();
    },
    'infer-killed': async () => this.#kill('infer'),
    'keep-killed': async () => this.#kill('keep'),
  };

  #kill(role: string): void {
    const { agentPid } = this.#around;
    const pid = childrenOf(agentPid).find((child) => roleOf(child) === role);
    // None: it is being put back from the last time.
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }

  async #wait([least, most]: readonly [number, number], over: AbortSignal): Promise<void> {
    const ms = this.#random.between(least, most) * 1000;
    await pause(ms, undefined, { signal: over }).catch(() => undefined);
  }
}
