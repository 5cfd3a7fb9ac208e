/** One measured run of a load: floor, agent, and what the computer did meanwhile. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PpuriError } from '../../config/errors.ts';
import { freePanelPort } from '../demo/panel-port.ts';
import { connectControl } from '../store/control-client.ts';
import { figuresOf, type LoopLate, type RunFigures } from './figures.ts';
import { floorOf } from './floor.ts';
import { type Floor, type FloorProcesses, runFloor } from './floor-run.ts';
import { type HostSample, sampleHost, surroundings } from './host.ts';
import type { Load } from './load.ts';
import { byteMsOf } from './pace.ts';
import { childrenOf, cpuMsOf } from './proc.ts';
import { scaleConfig } from './scale.ts';

export interface OneRun {
  readonly load: Load;
  readonly machines: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly heardWithinSeconds: number;
  /** Emptied before and after. */
  readonly dir: string;
  readonly ptys: 'there' | 'none';
  readonly say: (text: string) => void;
  /** Rejects to end the run early. */
  readonly ended: Promise<never>;
}

/** The agent looks for the delay of its loop with a timer of this period, which is in its figures. */
const loopTimerMs = 10;

interface Seen {
  host: { readonly sample: HostSample; readonly simulatorMs: number } | null;
  after: { readonly sample: HostSample; readonly simulatorMs: number } | null;
  loop: LoopLate | null;
}

/** Throws PpuriError. */
export async function measureLoad(run: OneRun): Promise<RunFigures> {
  const config = scaleConfig(run.load.config, run.machines);
  const { profiles } = run.load;
  const dir = join(run.dir, `m${run.machines}`);
  rmSync(dir, { recursive: true, force: true });
  const ptyDir = run.ptys === 'there' ? dir : null;
  const panelPort = config.panel === undefined ? 0 : await freePanelPort(0);
  const floor: Floor = floorOf({ config, profiles, ptyDir, panelPort });
  const seen: Seen = { host: null, after: null, loop: null };
  try {
    const ran = await runFloor({
      ...{ floor, dir, say: run.say, ended: run.ended },
      ...{ seconds: run.seconds, warmUpSeconds: run.warmUpSeconds },
      heardWithinSeconds: run.heardWithinSeconds,
      meanwhile: async (processes) => watch(seen, processes),
      atEnd: async (store) => {
        seen.loop = await askLoop(store);
      },
    });
    const { host, after } = seen;
    if (host === null || after === null) throw new Error('the run was not watched');
    const ms = after.sample.monoMs - host.sample.monoMs;
    return figuresOf(ran, {
      machines: config.machines,
      slow: slowMachines(config),
      simulatorCores: (after.simulatorMs - host.simulatorMs) / ms,
      loopLateMs: seen.loop,
      surroundings: surroundings(host.sample, after.sample),
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function watch(seen: Seen, { agent, simulator }: FloorProcesses): () => void {
  const own = [process.pid, agent, ...childrenOf(agent)];
  const all = simulator === null ? own : [...own, simulator];
  const look = () => ({
    sample: sampleHost(all),
    simulatorMs: simulator === null ? 0 : (cpuMsOf(simulator) ?? 0),
  });
  seen.host = look();
  return () => {
    seen.after = look();
  };
}

function slowMachines({ machines, buses }: ReturnType<typeof scaleConfig>): Set<string> {
  const isSlow = (name: string | undefined): boolean => {
    const bus = name === undefined ? undefined : buses[name];
    return bus !== undefined && byteMsOf(bus) !== null;
  };
  const slow = machines.filter(({ devices }) => isSlow(devices.plc?.bus));
  return new Set(slow.map(({ id }) => id));
}

/** Null where the agent does not tell. */
async function askLoop(store: string): Promise<LoopLate | null> {
  try {
    const client = await connectControl(store);
    try {
      return loopLateOf((await client.ask('status', {})).agent);
    } finally {
      client.close();
    }
  } catch (error) {
    // An agent too busy to answer is what the other figures tell of.
    if (!(error instanceof PpuriError)) throw error;
    return null;
  }
}

function loopLateOf(agent: unknown): LoopLate | null {
  if (typeof agent !== 'object' || agent === null || !('eventLoopMs' in agent)) return null;
  const { eventLoopMs } = agent;
  if (typeof eventLoopMs !== 'object' || eventLoopMs === null) return null;
  const late = (name: string): number =>
    Math.max(0, Math.round((Number(Reflect.get(eventLoopMs, name)) - loopTimerMs) * 100) / 100);
  return { p50: late('p50'), p99: late('p99'), max: late('max') };
}
