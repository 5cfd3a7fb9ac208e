/**
 * Whether alerts notice what disks do: a real agent reads simulated machines, its store on a small
 * ext4 that fills up, turns read-only, or fails or delays its syncs, and each shot's way from the snapshot to
 * its verdict, where alerts are raised, and to the confirmed reject is timed before, during and after.
 * Needs root and strace. In full:
 *
 *   node test/faults/disk-latency.ts --seconds 60 --machines 8 --seed 1
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { demoMachines } from '../../agent/demo/plan.ts';
import { type RunningDemo, startDemo } from '../../agent/demo/run.ts';
import { createLog } from '../../agent/health/log.ts';
import { prepare } from '../../agent/prepare.ts';
import { forkRole } from '../../agent/role.ts';
import { openReadOnly } from '../../agent/store/database.ts';
import { storePaths } from '../../agent/store/paths.ts';
import { readRecords } from '../../agent/store/read-records.ts';
import { quantile } from '../../bench/quantiles.ts';
import { injectInto, SmallDisk } from '../fixtures/small-disk.ts';
import type { Trouble } from './disk-campaign.ts';

export const phases = ['before', 'during', 'after'] as const;
export type Phase = (typeof phases)[number];

export interface LatencyOptions {
  /** `none`: the same time without any, to see what the computer itself does. */
  readonly trouble: Trouble | 'none';
  readonly seed: number;
  /** Of each phase. */
  readonly seconds: number;
  readonly machines: number;
  readonly speed: number;
}

export interface Spread {
  readonly shots: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LatencyReport extends LatencyOptions {
  /** From the last byte of the snapshot, ms. */
  readonly toVerdictMs: Readonly<Record<Phase, Spread>>;
  readonly toRejectMs: Readonly<Record<Phase, Spread>>;
  readonly p99Ratio: { readonly during: number; readonly after: number };
  readonly alerts: Readonly<Record<Phase, number>>;
  readonly missedDeadlines: Readonly<Record<Phase, number>>;
  /** Shots that were made and are neither kept nor counted. */
  readonly unaccounted: number;
  readonly repeated: number;
}

interface Sample {
  readonly phase: Phase;
  readonly ms: number;
}

const deadlineMs = 20;

function spread(samples: readonly Sample[], phase: Phase): Spread {
  const ms = samples.filter((sample) => sample.phase === phase).map((sample) => sample.ms);
  const at = (share: number): number => Math.round(quantile(ms, share) * 100) / 100;
  return { shots: ms.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

const byPhase = <T>(of: (phase: Phase) => T): Record<Phase, T> => ({
  before: of('before'),
  during: of('during'),
  after: of('after'),
});

/** Begins the trouble; what is returned ends it. */
async function begin(
  trouble: LatencyOptions['trouble'],
  disk: SmallDisk,
  demo: RunningDemo,
): Promise<() => void | Promise<void>> {
  if (trouble === 'none') return () => undefined;
  if (trouble === 'full') {
    disk.fill();
    return () => disk.unfill();
  }
  if (trouble === 'read-only') {
    disk.abort();
    return () => disk.remount(0);
  }
  const fault = trouble === 'slow-sync' ? 'delay_enter=2000000' : 'error=EIO';
  const { pid } = demo.status().store;
  if (pid === null) throw new Error('there is no keep child');
  const injected = await injectInto(pid, `fsync,fdatasync:${fault}`);
  return () => injected.end();
}

/** Of the shots that are in the store: from snapshot to the machine's word that it rejects. */
function rejects(store: string, phaseAt: (monoMs: number) => Phase): Sample[] {
  const db = openReadOnly(storePaths(store).database);
  try {
    const all = { after: 0, upTo: Number.MAX_SAFE_INTEGER, limit: 1_000_000 };
    return readRecords(db, all).flatMap(({ body }) => {
      if (body.kind !== 'cycle') return [];
      const { snapshot, reject } = body.verdict.times;
      return reject === undefined ? [] : [{ phase: phaseAt(snapshot), ms: reject - snapshot }];
    });
  } finally {
    db.close();
  }
}

function machinesFor(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const model = demoMachines[index % demoMachines.length];
    if (model === undefined) throw new Error('there is no machine to simulate');
    return { ...model, id: `${model.id}-${index}` };
  });
}

export async function measureLatency(options: LatencyOptions): Promise<LatencyReport> {
  const { trouble, seed, seconds, machines, speed } = options;
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-latency-'));
  const disk = new SmallDisk(dir, 64);
  // Only the store is on that disk.
  const store = join(disk.root, 'store');
  mkdirSync(store);
  symlinkSync(store, join(dir, 'store'));
  const samples: Sample[] = [];
  const alerts = byPhase(() => 0);
  const missed = byPhase(() => 0);
  const begun: [number, Phase][] = [];
  const phaseAt = (monoMs: number): Phase =>
    begun.findLast(([from]) => from <= monoMs)?.[1] ?? 'before';
  let demo: RunningDemo | null = null;
  try {
    demo = await startDemo({
      options: {
        ...{ machines: machinesFor(machines), speed, seed, scenario: 'troubled', deadlineMs },
        ...{ hardLimitMs: 200, limits: 'profile', locale: 'ko', panelPort: null },
      },
      fork: forkRole,
      log: createLog(() => undefined, 'error'),
      dir,
      prepare,
      onVerdict: ({ times }, { times: judged, judge, reason }) => {
        const { verdict } = judged;
        // One that no judge was asked about takes no time; one whose judge was late took all of it.
        const asked = judge !== 'none' || reason === 'deadline-missed';
        if (verdict === undefined || !asked || begun.length === 0) return;
        if (reason === 'deadline-missed') missed[phaseAt(times.snapshot)] += 1;
        samples.push({ phase: phaseAt(times.snapshot), ms: verdict - times.snapshot });
      },
      onAlert: ({ at }) => {
        alerts[phaseAt(at.monoMs)] += 1;
      },
    });
    await pause(2000);
    begun.push([performance.now(), 'before']);
    await pause(seconds * 1000);
    begun.push([performance.now(), 'during']);
    const end = await begin(trouble, disk, demo);
    await pause(seconds * 1000);
    await end();
    begun.push([performance.now(), 'after']);
    await pause(seconds * 1000);
    const summary = await demo.finish(15_000);
    demo = null;
    const toReject = rejects(store, phaseAt);
    const toVerdictMs = byPhase((phase) => spread(samples, phase));
    const ratio = (phase: Phase): number =>
      Math.round((toVerdictMs[phase].p99 / toVerdictMs.before.p99) * 100) / 100;
    const { unaccounted, repeated } = summary;
    return {
      ...options,
      toVerdictMs,
      toRejectMs: byPhase((phase) => spread(toReject, phase)),
      p99Ratio: { during: ratio('during'), after: ratio('after') },
      ...{ alerts, missedDeadlines: missed, unaccounted, repeated },
    };
  } finally {
    await demo?.abandon();
    disk.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '60' },
      machines: { type: 'string', default: '8' },
      speed: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [seconds, machines, speed, seed] = [
    values.seconds,
    values.machines,
    values.speed,
    values.seed,
  ].map(Number) as [number, number, number, number];
  let bad = 0;
  for (const trouble of ['none', 'full', 'read-only', 'sync-error', 'slow-sync'] as const) {
    const report = await measureLatency({ trouble, seconds, machines, speed, seed });
    console.log(JSON.stringify(report));
    bad += report.unaccounted + report.repeated > 0 ? 1 : 0;
  }
  process.exitCode = bad > 0 ? 1 : 0;
}
