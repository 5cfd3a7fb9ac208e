/** What can be seen of a soaking agent from outside and over its control socket, every few seconds. */
import type { AgentStatus } from '../../agent/agent-status.ts';
import { childrenOf, cpuMsOf, descriptorsOf, pssMiBOf, roleOf } from '../../agent/bench/proc.ts';
import { connectControl } from '../../agent/store/control-client.ts';
import type { LoopDelayMs } from '../../agent/store/loop-delay.ts';
import { type Slope, type Stretch, slopeOf } from '../../bench/slope.ts';

export interface SoakProcess {
  readonly role: string;
  readonly pid: number;
  readonly pssMiB: number;
  readonly descriptors: number;
  readonly cpuMs: number;
}

export interface SoakSample {
  readonly seconds: number;
  readonly processes: readonly SoakProcess[];
  /** Null: the keep child did not answer. */
  readonly loop: {
    readonly delayMs: LoopDelayMs;
    readonly missedDeadlines: number;
    readonly inferRunMs: AgentStatus['latencyMs']['inferenceRun'];
  } | null;
  readonly keep: {
    readonly pid: number;
    readonly delayMs: LoopDelayMs;
    readonly databaseBytes: number | null;
  } | null;
}

export function processesOf(agentPid: number): SoakProcess[] {
  return [agentPid, ...childrenOf(agentPid)].flatMap((pid) => {
    const role = pid === agentPid ? 'loop' : roleOf(pid);
    const [pssMiB, descriptors, cpuMs] = [pssMiBOf(pid), descriptorsOf(pid), cpuMsOf(pid)];
    if (role === null || pssMiB === null || descriptors === null || cpuMs === null) return [];
    return [{ role, pid, pssMiB: Math.round(pssMiB * 100) / 100, descriptors, cpuMs }];
  });
}

/** Null while the keep child is away: that is one of the faults. */
async function statusOf(store: string) {
  try {
    const client = await connectControl(store);
    try {
      return await client.ask('status', {});
    } finally {
      client.close();
    }
  } catch {
    return null;
  }
}

export async function sampleAgent(
  agentPid: number,
  store: string,
  seconds: number,
): Promise<SoakSample> {
  const processes = processesOf(agentPid);
  const status = await statusOf(store);
  const agent = (status?.agent ?? null) as AgentStatus | null;
  return {
    seconds: Math.round(seconds),
    processes,
    loop:
      agent === null
        ? null
        : {
            delayMs: agent.eventLoopMs,
            missedDeadlines: agent.machines.reduce(
              (sum, { counts }) => sum + counts.missedDeadlines,
              0,
            ),
            inferRunMs: agent.latencyMs.inferenceRun,
          },
    keep:
      status?.keep == null
        ? null
        : {
            pid: status.pid,
            delayMs: status.keep.eventLoopMs,
            databaseBytes: status.keep.databaseBytes,
          },
  };
}

export interface RoleFigures {
  readonly pssMiB: { readonly first: number; readonly last: number; readonly most: number };
  /** MiB per hour of running, after each process's warm-up; null: too few samples. */
  readonly growth: Slope | null;
  readonly descriptors: { readonly first: number; readonly last: number; readonly most: number };
  /** CPU over the time of the soak, % of a core. */
  readonly cpuPercent: number;
  readonly processes: number;
}

/** A process begins to count `warmUpSeconds` after it was first seen. */
export function figuresByRole(
  samples: readonly SoakSample[],
  warmUpSeconds: number,
): Record<string, RoleFigures> {
  const seen = samples.flatMap(({ seconds, processes }) =>
    processes.map((process) => ({ seconds, ...process })),
  );
  // Short-lived helpers (a bundle that is checked) are no role that could grow.
  const lasting = seen.filter(({ role }) => role === 'loop' || role === 'infer' || role === 'keep');
  const tookMs = ((samples.at(-1)?.seconds ?? 0) - (samples[0]?.seconds ?? 0)) * 1000;
  return Object.fromEntries(
    [...Map.groupBy(lasting, ({ role }) => role)].map(([role, mine]) => {
      const lives = [...Map.groupBy(mine, ({ pid }) => pid).values()];
      const warm = lives.flatMap((life) => {
        const settled = life.filter(
          ({ seconds }) => seconds - (life[0]?.seconds ?? 0) >= warmUpSeconds,
        );
        return settled.length > 1 ? [settled] : [];
      });
      const stretches: Stretch[] = warm.map((life) => ({
        at: life.map(({ seconds }) => seconds / 3600),
        values: life.map(({ pssMiB }) => pssMiB),
      }));
      const settled = warm.flat();
      const spent = lives.map((life) => (life.at(-1)?.cpuMs ?? 0) - (life[0]?.cpuMs ?? 0));
      return [
        role,
        {
          pssMiB: span((settled.length > 0 ? settled : mine).map(({ pssMiB }) => pssMiB)),
          growth: slopeOf(stretches, followingSamples),
          descriptors: span((settled.length > 0 ? settled : mine).map((one) => one.descriptors)),
          cpuPercent: Math.round((spent.reduce((a, b) => a + b, 0) / tookMs) * 1000) / 10,
          processes: lives.length,
        },
      ];
    }),
  );
}

/** Memory that is up now is still up so many samples on. */
const followingSamples = 30;

function span(values: readonly number[]) {
  return {
    first: values[0] ?? Number.NaN,
    last: values.at(-1) ?? Number.NaN,
    most: Math.max(...values),
  };
}

/** Of the loop, at the end; of the keep children, the worst of each figure of any that lived on. */
export function loopDelays(samples: readonly SoakSample[]): {
  readonly loop: LoopDelayMs | null;
  readonly keep: LoopDelayMs | null;
} {
  const loop = samples.findLast((sample) => sample.loop !== null)?.loop?.delayMs ?? null;
  const lives = Map.groupBy(
    samples.flatMap(({ keep }) => (keep === null ? [] : [keep])),
    ({ pid }) => pid,
  );
  const last = [...lives.values()].flatMap((life) => {
    const { delayMs } = life.at(-1) ?? {};
    return delayMs === undefined ? [] : [delayMs];
  });
  const worst = (pick: (one: LoopDelayMs) => number): number => Math.max(...last.map(pick));
  const keep =
    last.length === 0
      ? null
      : {
          p50: worst((one) => one.p50),
          p99: worst((one) => one.p99),
          p999: worst((one) => one.p999),
          max: worst((one) => one.max),
        };
  return { loop, keep };
}
