/** The figures of one run: what the machines saw, what the agent says of itself, what it took. */
import type { MachineConfig } from '../../config/schema.ts';
import type { FloorRun } from './floor-run.ts';
import type { Surroundings } from './host.ts';
import type { KeptShot } from './kept-shots.ts';
import { type Spread, spreadOf } from './latencies.ts';
import { type Matched, matchRejects } from './match-rejects.ts';

/** Stage → from which of the kept times to which. */
const stageTimes = {
  triggerToSnapshot: ['trigger', 'snapshot'],
  snapshotToFeatures: ['snapshot', 'features'],
  featuresToVerdict: ['features', 'verdict'],
  verdictToReject: ['verdict', 'reject'],
  verdictToAlert: ['verdict', 'alert'],
  snapshotToVerdict: ['snapshot', 'verdict'],
  triggerToReject: ['trigger', 'reject'],
} as const;

/** Reasons for which a shot that was to be judged had no verdict in time. */
const noAnswer = new Set([
  'deadline-missed',
  'hard-limit',
  'inference-restarting',
  'inference-lost',
  'model-failed',
  'model-set-aside',
  'not-loaded',
  'bus-lost',
]);

export type StageName = keyof typeof stageTimes;
export const stageNames = Object.keys(stageTimes) as readonly StageName[];

/** What is held against a deadline, of all machines that have the same one. */
export interface Bound {
  readonly deadlineMs: number;
  readonly machines: number;
  /** `wire`: snapshot → reject at the machine. `agent`: snapshot → verdict by the agent's own
   * clock, where a slow line would be measured otherwise, or no part was rejected. */
  readonly by: 'wire' | 'agent';
  readonly reactionMs: Spread;
  /** Shots that were to be judged, and those past the deadline or without any answer. */
  readonly shots: number;
  readonly late: number;
}

export interface RunFigures {
  readonly machines: number;
  readonly seconds: number;
  readonly shots: number;
  readonly wireMs: { readonly changeToReject: Spread; readonly snapshotToReject: Spread };
  readonly stagesMs: Readonly<Record<StageName, Spread>>;
  readonly bounds: readonly Bound[];
  readonly verdicts: { readonly ok: number; readonly defect: number };
  /** Reason → shots. */
  readonly unscored: Readonly<Record<string, number>>;
  /** Shots that the agent did not see whole, and those that are not in its store. */
  readonly unseen: number;
  readonly unkept: number;
  /** Cores, so 1 is one core full. */
  readonly cpuCores: Readonly<Record<string, number>>;
  readonly memoryMiB: Readonly<Record<string, number>>;
  /** How late the agent's loop is woken, since its start; null: it did not say. */
  readonly loopLateMs: LoopLate | null;
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly surroundings: Surroundings;
}

export interface LoopLate {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface RunContext {
  readonly machines: readonly MachineConfig[];
  /** Machines behind a line that takes time of its own. */
  readonly slow: ReadonlySet<string>;
  readonly simulatorCores: number | null;
  readonly loopLateMs: LoopLate | null;
  readonly surroundings: Surroundings;
}

export function figuresOf(run: FloorRun, context: RunContext): RunFigures {
  const made = new Set(run.shots.map(({ machine, shot }) => `${machine} ${shot}`));
  const kept = run.kept.filter(({ machine, shot }) => made.has(`${machine} ${shot}`));
  const matched = matchRejects(run);
  const { loopLateMs, surroundings, simulatorCores } = context;
  const unscored: Record<string, number> = {};
  for (const { outcome, reason } of kept)
    if (outcome === 'unscored') unscored[reason] = (unscored[reason] ?? 0) + 1;
  const traffic = run.traffic.bytesIn + run.traffic.bytesOut;
  return {
    machines: run.machines,
    seconds: run.seconds,
    shots: run.shots.length,
    wireMs: {
      changeToReject: spreadOf(
        matched.rejects.map(({ shot, write }) => write.monoMs - shot.monoMs),
      ),
      snapshotToReject: spreadOf(wireTimes(matched).map(({ ms }) => ms)),
    },
    stagesMs: stagesOf(kept),
    bounds: boundsOf(context, kept, matched),
    verdicts: {
      ok: kept.filter(({ outcome }) => outcome === 'ok').length,
      defect: kept.filter(({ outcome }) => outcome === 'defect').length,
    },
    unscored,
    unseen: (unscored['shot-torn'] ?? 0) + (unscored['shot-missed'] ?? 0),
    unkept: made.size - new Set(kept.map(({ machine, shot }) => `${machine} ${shot}`)).size,
    cpuCores: { ...cpuOf(run), ...(simulatorCores === null ? {} : { simulator: simulatorCores }) },
    memoryMiB: run.after.pssMiB,
    loopLateMs,
    requestsPerSecond: run.traffic.requests / run.seconds,
    bytesPerSecond: traffic / run.seconds,
    surroundings,
  };
}

function stageMs({ outcome, times }: KeptShot, stage: StageName): number[] {
  const [from, to] = stageTimes[stage];
  const [begun, ended] = [times[from], times[to]];
  const scored = outcome !== 'unscored' && begun !== undefined && ended !== undefined;
  return scored ? [ended - begun] : [];
}

function stagesOf(kept: readonly KeptShot[]): Record<StageName, Spread> {
  const spread = (stage: StageName): Spread => spreadOf(kept.flatMap((one) => stageMs(one, stage)));
  return {
    triggerToSnapshot: spread('triggerToSnapshot'),
    snapshotToFeatures: spread('snapshotToFeatures'),
    featuresToVerdict: spread('featuresToVerdict'),
    verdictToReject: spread('verdictToReject'),
    verdictToAlert: spread('verdictToAlert'),
    snapshotToVerdict: spread('snapshotToVerdict'),
    triggerToReject: spread('triggerToReject'),
  };
}

/** From the last byte of the snapshot to the write. */
function wireTimes({ rejects }: Matched): { readonly machine: string; readonly ms: number }[] {
  return rejects.flatMap(({ shot: { machine }, write }) =>
    write.answered.counterMs === null
      ? []
      : [{ machine, ms: write.monoMs - write.answered.counterMs }],
  );
}

function boundsOf(
  { machines, slow }: RunContext,
  kept: readonly KeptShot[],
  matched: Matched,
): Bound[] {
  const onWire = wireTimes(matched);
  const groups = Map.groupBy(machines, ({ id, deadlineMs }) => `${deadlineMs} ${slow.has(id)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const ids = new Set(group.map(({ id }) => id));
    const shots = kept.filter(({ machine }) => ids.has(machine));
    const wire = slow.has(first.id) ? [] : onWire.filter(({ machine }) => ids.has(machine));
    const by = wire.length === 0 ? ('agent' as const) : ('wire' as const);
    const times =
      by === 'wire'
        ? wire.map(({ ms }) => ms)
        : shots.flatMap((shot) => stageMs(shot, 'snapshotToVerdict'));
    const missed = shots.filter(({ reason }) => noAnswer.has(reason)).length;
    const scored = shots.filter(({ outcome }) => outcome !== 'unscored').length;
    const { deadlineMs } = first;
    return [
      {
        deadlineMs,
        machines: group.length,
        by,
        reactionMs: spreadOf(times),
        shots: scored + missed,
        late: missed + times.filter((ms) => ms > deadlineMs).length,
      },
    ];
  });
}

function cpuOf({ before, after, seconds }: FloorRun): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after.cpuMs).map(([role, ms]) => [
      role,
      Math.max(0, ms - (before.cpuMs[role] ?? 0)) / (seconds * 1000),
    ]),
  );
}
