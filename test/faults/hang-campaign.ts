/**
 * A model that sleeps past its hard limit on machine A, shot after shot, beside machine B with a
 * well-behaved one: what does B lose, and do its verdict times move? Run by hand for longer:
 *
 *   node test/faults/hang-campaign.ts --shots 100 --seed 1
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { demoMachines } from '../../agent/demo/plan.ts';
import { startDemo } from '../../agent/demo/run.ts';
import { LatencyRecorder, type Quantiles } from '../../agent/health/latency.ts';
import { createLog } from '../../agent/health/log.ts';
import { prepare } from '../../agent/prepare.ts';
import { forkRole } from '../../agent/role.ts';
import type { Bundle } from '../../models/manifest.ts';
import { fixtureBundle } from '../fixtures/models/bundles.ts';

export interface HangOptions {
  /** Verdicts of machine B to wait for. */
  readonly shots: number;
  readonly seed: number;
  readonly speed: number;
  /** Snapshot → verdict of both machines; short enough to show what a hang costs. */
  readonly deadlineMs: number;
}

export interface HangRun {
  readonly a: Readonly<Record<string, number>>;
  /** B's outcomes, and its unscored shots by reason. */
  readonly b: Readonly<Record<string, number>>;
  /** B's verdicts that inference cost it. */
  readonly bLost: number;
  /** Snapshot → verdict of B's scored shots, ms. */
  readonly bVerdictMs: Quantiles | null;
  readonly unaccounted: number;
  readonly repeated: number;
}

const [machineA, machineB] = ['dc-03', 'im-05'];
const lostReasons = /^(deadline-missed|hard-limit|inference-|model-|not-loaded)/;

/** A model on three features of machine A; `hang` never ends on a melt temperature above 0. */
function modelOfA(model: 'linear' | 'hang'): Bundle {
  const bundle = fixtureBundle(model);
  const from = ['meltTemperature', 'castPressure', 'biscuitThickness'];
  const features = bundle.manifest.features.map((feature, i) => ({
    ...feature,
    from: from[i] ?? '',
  }));
  const profile = 'die-casting-cold-chamber';
  return { ...bundle, manifest: { ...bundle.manifest, profile, features } };
}

const count = (into: Record<string, number>, key: string): void => {
  into[key] = (into[key] ?? 0) + 1;
};

/** One demo in which machine A runs `model`. */
export async function runBeside(model: 'linear' | 'hang', options: HangOptions): Promise<HangRun> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-hang-'));
  const outcomes: Record<string, Record<string, number>> = { [machineA]: {}, [machineB]: {} };
  const times = new LatencyRecorder();
  const enough = Promise.withResolvers<void>();
  let shotsOfB = 0;
  try {
    const demo = await startDemo({
      options: {
        machines: demoMachines.map((machine) =>
          machine.id === machineA ? { ...machine, model: null } : machine,
        ),
        ...{ speed: options.speed, seed: options.seed, scenario: 'steady' as const },
        ...{
          deadlineMs: options.deadlineMs,
          hardLimitMs: 200,
          limits: 'none' as const,
          locale: 'ko' as const,
          panelPort: null,
        },
      },
      fork: forkRole,
      log: createLog(() => undefined, 'error'),
      dir,
      prepare: async (file) => {
        const prepared = await prepare(file);
        return {
          ...prepared,
          bundles: new Map([...prepared.bundles, [machineA, modelOfA(model)]]),
        };
      },
      onVerdict: (cycle, verdict) => {
        const { outcome, reason, times: stages } = verdict;
        count(outcomes[cycle.machine] ?? {}, outcome === 'unscored' ? reason : outcome);
        if (cycle.machine !== machineB) return;
        if (outcome !== 'unscored') times.add((stages.verdict ?? 0) - stages.snapshot);
        shotsOfB += 1;
        if (shotsOfB === options.shots) enough.resolve();
      },
    });
    await Promise.race([enough.promise, demo.broken]);
    const { unaccounted, repeated } = await demo.finish(5000);
    const b = outcomes[machineB] ?? {};
    const bLost = Object.entries(b).reduce(
      (sum, [key, n]) => sum + (lostReasons.test(key) ? n : 0),
      0,
    );
    return {
      a: outcomes[machineA] ?? {},
      b,
      bLost,
      bVerdictMs: times.quantiles(),
      unaccounted,
      repeated,
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { shots: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
  });
  const options = {
    shots: Number(values.shots),
    seed: Number(values.seed),
    speed: 50,
    deadlineMs: 20,
  };
  const before = await runBeside('linear', options);
  const during = await runBeside('hang', options);
  console.log(JSON.stringify({ seed: options.seed, before, during }, null, 1));
  process.exitCode = during.bLost > 2 || during.unaccounted + during.repeated > 0 ? 1 : 0;
}
