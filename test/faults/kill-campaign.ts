/**
 * Kills the inference child or the keep child of a running demo at random moments, and judges
 * afterwards from outside: every made shot accounted for once, every verdict what the same model
 * says of the same features, alerts still raised. Run by hand for the full count:
 *
 *   node test/faults/kill-campaign.ts --kills 200 --seed 1
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openHistoryJudge } from '../../agent/backtest/run.ts';
import type { DemoSummary } from '../../agent/demo/account.ts';
import { demoMachines } from '../../agent/demo/plan.ts';
import { type RunningDemo, startDemo } from '../../agent/demo/run.ts';
import { createLog } from '../../agent/health/log.ts';
import { prepare } from '../../agent/prepare.ts';
import type { Alert, Cycle, Verdict } from '../../agent/records.ts';
import { forkRole } from '../../agent/role.ts';
import { Random } from '../../agent/simulator/random.ts';

export interface CampaignOptions {
  readonly kills: number;
  readonly seed: number;
  readonly speed: number;
  /** Killing goes on until so many alerts were raised as well. */
  readonly alerts: number;
  /** Between two kills, at random. */
  readonly gapMs: readonly [number, number];
}

export interface CampaignReport {
  readonly seed: number;
  readonly kills: { readonly infer: number; readonly keep: number };
  readonly summary: DemoSummary;
  /** Scored verdicts whose probability or outcome is not what the model says of those features. */
  readonly wrong: readonly string[];
  readonly rejudged: number;
  /** Alerts raised in each half of the campaign. */
  readonly alerts: readonly [number, number];
}

interface Judged {
  readonly cycle: Cycle;
  readonly verdict: Verdict;
}

const quiet = createLog(() => undefined, 'error');

/** Process ids that may be killed now. */
function victims(demo: RunningDemo): { infer: number | null; keep: number | null } {
  const { inference, store } = demo.status();
  return {
    infer: inference.children.find(({ pid }) => pid !== null)?.pid ?? null,
    keep: store.pid,
  };
}

async function killing(demo: RunningDemo, options: CampaignOptions, raised: readonly unknown[]) {
  const random = new Random(options.seed, 'kills');
  const kills = { infer: 0, keep: 0 };
  while (kills.infer + kills.keep < options.kills || raised.length < options.alerts) {
    await new Promise((resolve) => setTimeout(resolve, random.between(...options.gapMs)));
    const which = random.chance(0.5) ? 'infer' : 'keep';
    const pid = victims(demo)[which];
    if (pid === null) continue;
    try {
      process.kill(pid, 'SIGKILL');
      kills[which] += 1;
    } catch {
      // It was dying already; the next one counts.
    }
  }
  return kills;
}

/** What the machine's own model says now of the features each verdict was given on. */
async function rejudge(
  file: string,
  judged: readonly Judged[],
): Promise<{ wrong: string[]; count: number }> {
  const { bundles, profiles, config } = await prepare(file);
  const wrong: string[] = [];
  let count = 0;
  for (const machine of config.machines) {
    const bundle = bundles.get(machine.id);
    const profile = profiles.get(machine.profile);
    if (bundle === undefined || profile === undefined) continue;
    const judge = await openHistoryJudge(bundle, profile.limits, true, {
      fork: forkRole,
      log: quiet,
    });
    for (const { cycle, verdict } of judged) {
      if (cycle.machine !== machine.id || verdict.probability === null) continue;
      const again = await judge.judge(cycle);
      count += 1;
      const same =
        again.outcome === verdict.outcome &&
        Math.abs((again.probability ?? 2) - verdict.probability) < 1e-6;
      if (!same)
        wrong.push(
          `${machine.id} shot ${cycle.shot}: ${verdict.outcome} ${verdict.probability}, should be ${again.outcome} ${again.probability}`,
        );
    }
    await judge.close();
  }
  return { wrong, count };
}

export async function runKillCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-kills-'));
  const judged: Judged[] = [];
  const raised: { alert: Alert; atMonoMs: number }[] = [];
  let file = '';
  try {
    const demo = await startDemo({
      options: {
        machines: demoMachines,
        speed: options.speed,
        seed: options.seed,
        scenario: 'troubled',
        deadlineMs: 20,
        hardLimitMs: 200,
        limits: 'profile',
        locale: 'ko',
        panelPort: null,
      },
      fork: forkRole,
      log: quiet,
      dir,
      prepare,
      onReady: (path) => {
        file = path;
      },
      onVerdict: (cycle, verdict) => judged.push({ cycle, verdict }),
      onAlert: (alert) => {
        if (alert.state === 'raised') raised.push({ alert, atMonoMs: performance.now() });
      },
    });
    const begun = performance.now();
    const kills = await killing(demo, options, raised);
    const middle = (begun + performance.now()) / 2;
    const summary = await demo.finish(5000);
    const { wrong, count } = await rejudge(file, judged);
    const early = raised.filter(({ atMonoMs }) => atMonoMs < middle).length;
    return {
      seed: options.seed,
      kills,
      summary,
      wrong,
      rejudged: count,
      alerts: [early, raised.length - early],
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
  });
  const options = {
    kills: Number(values.kills),
    seed: Number(values.seed),
    speed: 50,
    alerts: 2,
    gapMs: [100, 1500] as const,
  };
  const report = await runKillCampaign(options);
  const { summary } = report;
  console.log(
    JSON.stringify({ ...report, summary: { ...summary, alerts: summary.alerts.length } }, null, 1),
  );
  const failed =
    summary.unaccounted + summary.repeated + report.wrong.length > 0 || report.alerts[1] === 0;
  process.exitCode = failed ? 1 : 0;
}
