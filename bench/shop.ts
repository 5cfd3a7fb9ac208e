/**
 * The shop floor of our own benchmarks: simulated die-casting machines, each a Modbus TCP endpoint
 * of its own, and the agent beside them; see agent/bench/floor-run.ts.
 */
import { stringify } from 'yaml';
import type { AgentProgram } from '../agent/bench/agent-process.ts';
import { type Floor, type FloorRun, runFloor } from '../agent/bench/floor-run.ts';
import { troubled } from '../agent/bench/scenario.ts';
import { type BlockPoll, measureBlockPoll } from './block-poll.ts';
import type { BenchContext } from './figure.ts';
import { model, profile } from './shop-words.ts';

const seed = 20_261_122;
/** Shots come 310 ms apart, or later: never two within one pulse of the reject coil. */
const quickCycleSeconds = 0.32;
const pulseMs = 100;
const rejectCoil = 0;

export interface ShopOptions {
  readonly machines: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly dir: string;
  readonly say: (text: string) => void;
  readonly agent?: AgentProgram;
  /** Absent: the one of all benchmarks, and shots as quick as their reject pulses allow. */
  readonly profile?: string;
  readonly cycleSeconds?: number;
  /** Serves the panel there. */
  readonly panelPort?: number;
  /** Goes on while it is measured, from after the warm-up on; what it gives ends it. */
  readonly meanwhile?: () => Promise<() => void>;
}

export interface ShopRun extends FloorRun {
  readonly blockPoll: BlockPoll;
}

const ownSeconds = 270;
const shopMachines = 10;

/** The run that several benchmarks take their figures from, made when the first one asks. */
export function sharedShop(): (context: BenchContext) => Promise<ShopRun> {
  let run: Promise<ShopRun> | null = null;
  return ({ seconds: given, dir, say }) => {
    const seconds = given ?? ownSeconds;
    const warmUpSeconds = Math.min(15, Math.max(3, seconds / 4));
    run ??= runShop({ machines: shopMachines, seconds, warmUpSeconds, dir, say });
    return run;
  };
}

/** Runs the shop once. Rejects when the agent or the simulator ended badly. */
export async function runShop(options: ShopOptions): Promise<ShopRun> {
  const polled: BlockPoll[] = [];
  const run = await runFloor({
    ...options,
    floor: floorOf(options),
    beforehand: async ({ plants }) => void polled.push(await measureBlockPoll(plants[0] ?? 0)),
  });
  const [blockPoll] = polled;
  if (blockPoll === undefined) throw new Error('the block poll was not measured');
  return { ...run, blockPoll };
}

function floorOf(options: ShopOptions): Floor {
  const machines = machinesOf(options);
  const cycleSeconds = options.cycleSeconds ?? quickCycleSeconds;
  const used = options.profile ?? profile;
  return {
    machines,
    plants: machines.map((id, i) => ({
      machines: [
        { id, profile: used, unit: 1, seed: seed + i, speed: 1, cycleSeconds, scenario: troubled },
      ],
    })),
    lines: [],
    config: ({ plants }, store) => configOf(options, plants, store),
    isReject: ({ table, address, values }) =>
      table === 'coil' && address === rejectCoil && values[0] === 1,
  };
}

function machinesOf({ machines }: ShopOptions): string[] {
  return Array.from({ length: machines }, (_, i) => `dc-${String(i + 1).padStart(2, '0')}`);
}

/** As a user would write it: no poll interval, no deadlines, nothing but what must be said. */
function configOf(options: ShopOptions, ports: readonly number[], store: string): string {
  const ids = machinesOf(options);
  const buses = ids.map((id, i) => {
    const port = ports[i] ?? 0;
    return [id, { type: 'modbus-tcp', host: '127.0.0.1', port }];
  });
  return stringify({
    gateway: { id: 'bench', site: 'bench' },
    buses: Object.fromEntries(buses),
    machines: ids.map((id) => ({
      id,
      profile: options.profile ?? profile,
      devices: { plc: { bus: id, unit: 1 } },
      model,
      reject: { device: 'plc', coil: rejectCoil, pulseMs },
    })),
    ...(options.panelPort === undefined
      ? {}
      : { panel: { listen: `127.0.0.1:${options.panelPort}` } }),
    store: { path: store },
  });
}
