/** `ppuri demo`: simulated machines and the real agent, no hardware needed. */
import { basename, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import type { Profile } from '../../config/profile.ts';
import { isProfilePath, loadProfile } from '../../config/profile-load.ts';
import type { DemoSummary } from '../demo/account.ts';
import { freePanelPort } from '../demo/panel-port.ts';
import { type DemoMachine, type DemoOptions, demoMachines } from '../demo/plan.ts';
import { startDemo } from '../demo/run.ts';
import { type Language, TerminalView } from '../demo/view.ts';
import { findFittingModel } from '../find-model.ts';
import { createLog } from '../health/log.ts';
import { prepare } from '../prepare.ts';
import { forkRole } from '../role.ts';
import { isScenarioName, type ScenarioName, scenarioNames } from '../simulator/scenario.ts';
import { collectPairs, duration, positiveNumber, speed, wholeNumber } from './arguments.ts';
import { demoDirectory } from './demo-directory.ts';
import { type Interruption, interrupted } from './interrupt.ts';
import { action, type Output } from './output.ts';
import { proveModel } from './prove-model.ts';

interface CliOptions {
  readonly for?: number;
  readonly speed?: number | 'max';
  readonly seed?: number;
  readonly scenario?: ScenarioName;
  readonly replay?: string;
  readonly profile?: string;
  readonly model?: string;
  readonly column: Readonly<Record<string, string>>;
  readonly limits?: 'profile' | 'none';
  readonly deadline?: number;
  readonly poll?: number;
  readonly store?: string;
  readonly lang: Language;
  readonly panel?: number;
  readonly json?: boolean;
}

const DEMO_SPEED = 20;
const DEMO_SEED = 7;
const PANEL_PORT = 8787;
const REPLAY_PROFILE = 'die-casting-cold-chamber';
/** A replay compares verdicts, not times. */
const REPLAY_DEADLINE_MS = 2000;
/** For the agent over shots already made; who presses Ctrl-C does not want to wait. */
const PATIENCE_MS = { interrupted: 1000, ended: 5000 };

const help = `
Without --replay: a die-casting machine with a power meter and an injection machine, simulated on
loopback Modbus TCP with defects of known causes, read by the real agent with the shipped models,
its records delivered over HTTP to a receiver of their own.
With --replay: the rows of a real log come through the registers of --profile, judged by --model.
A replayed shot stays in the registers until it was read, so no row is lost at any speed.

--json ends with one line: {"cycles":{"made","kept"},"verdicts":{"ok","defect","unscored":{}},
"unaccounted","repeated","outOfOrder","alerts":[],"truth","latencyMs":{"snapshotToAlert"},
"missedDeadlines","delivered"}; delivered: shots that the receiver has, null with --replay. Exit code
1 when a shot is unaccounted for or kept twice.

Examples:
  ppuri demo                              Ctrl-C ends it with a summary
  ppuri demo --for 60s --speed 50 --json
  ppuri demo --replay log.csv.gz --profile die-casting-cold-chamber --model ./my-bundle --json`;

function replayMachine(options: CliOptions, path: string): DemoMachine {
  const profile = options.profile ?? REPLAY_PROFILE;
  return {
    id: 'replay',
    name: options.lang === 'ko' ? '재생' : 'replay',
    profile: isProfilePath(profile) ? resolve(profile) : profile,
    model: options.model === undefined ? null : modelReference(options.model),
    replay: { path: resolve(path), columns: options.column },
  };
}

function modelReference(model: string): string {
  return /[/\\]/.test(model) ? resolve(model) : model;
}

async function demoOptions(options: CliOptions): Promise<DemoOptions> {
  const { replay, lang: locale, seed = DEMO_SEED, scenario } = options;
  const replayed = replay !== undefined;
  return {
    machines: replayed ? [replayMachine(options, replay)] : demoMachines,
    speed: options.speed ?? (replayed ? 'max' : DEMO_SPEED),
    seed,
    ...(scenario === undefined ? {} : { scenario }),
    deadlineMs: options.deadline ?? (replayed ? REPLAY_DEADLINE_MS : 20),
    hardLimitMs: Math.max(200, 2 * (options.deadline ?? (replayed ? REPLAY_DEADLINE_MS : 20))),
    ...pollOf(options),
    // A log's units are its plant's own; the profile's limits would judge them by another's.
    limits: options.limits ?? (replayed ? 'none' : 'profile'),
    locale,
    // A replay measures a model: nobody stands before its machine.
    panelPort: replayed ? null : await freePanelPort(options.panel ?? PANEL_PORT),
  };
}

/** A replay at full speed has its next shot ready as soon as the last one was read. */
function pollOf({ poll, replay }: CliOptions): { pollMs?: number } {
  if (poll !== undefined) return { pollMs: poll };
  return replay === undefined ? {} : { pollMs: 1 };
}

/** An option that would change nothing is refused: who gave it expects something of it. */
function checkOptions(options: CliOptions): void {
  const { replay, model, profile, column, scenario, seed } = options;
  const ofReplay = { model, profile, column: Object.entries(column)[0]?.join('=') };
  const ofSimulation = { scenario, seed };
  const idle = Object.entries(replay === undefined ? ofReplay : ofSimulation);
  const [name, value] = idle.find(([, given]) => given !== undefined) ?? [];
  if (name === undefined) return;
  const does = replay === undefined ? 'goes with --replay' : 'does not go with --replay';
  throw new PpuriError('usage', `--${name} ${does}`, {
    operation: 'demo',
    subject: String(value),
    hint:
      replay === undefined
        ? 'the simulated machines have profiles and models of their own; name a log with --replay CSV'
        : 'a log has its own shots; leave it out',
  });
}

/**
 * The profile of each machine, by its id. Throws `profile-invalid`, or `model-*` for a model that is
 * not there, does not fit or does not work: a log judged without it would look like a result.
 */
async function proveMachines(
  machines: readonly DemoMachine[],
  storePath: string,
): Promise<Map<string, { readonly name: string; readonly profile: Profile }>> {
  const proven = new Map<string, { name: string; profile: Profile }>();
  for (const { id, name, profile: reference, model, replay } of machines) {
    const profile = loadProfile(reference);
    proven.set(id, { name, profile });
    // The shipped models are proven when they are made; every start waits for this.
    if (model === null || replay === undefined) continue;
    const bundle = await findFittingModel(model, { configDir: '.', storePath }, profile);
    await proveModel(bundle, forkRole);
  }
  return proven;
}

async function runIn(
  dir: string,
  output: Output,
  options: CliOptions,
  stop: Interruption,
): Promise<DemoSummary> {
  const plan = await demoOptions(options);
  const view = new TerminalView({
    color: output.color,
    language: options.lang,
    machines: await proveMachines(plan.machines, join(dir, 'store')),
    log: options.replay === undefined ? null : basename(options.replay),
  });
  const quiet = options.json === true;
  const log = createLog((line) => output.note(line), 'error');
  const demo = await startDemo({
    options: plan,
    fork: forkRole,
    log,
    dir,
    prepare,
    stop,
    onReady: (file) => {
      if (!quiet) output.line(view.opening(plan.speed, file, plan.panelPort));
    },
    onNote: (text) => output.note(text[options.lang]),
    ...(quiet
      ? {}
      : {
          onVerdict: (cycle, verdict) => output.line(view.verdict(cycle, verdict)),
          onAlert: (alert) => {
            if (alert.state !== 'updated') output.line(view.alert(alert));
          },
        }),
  });
  let why: 'interrupted' | 'ended';
  try {
    why = await Promise.race([
      stop.signal.then(() => 'interrupted' as const),
      output.closed.then(() => 'interrupted' as const),
      Promise.race([demo.ended, demo.broken, elapsed(options.for)]).then(() => 'ended' as const),
    ]);
  } catch (error) {
    await demo.abandon();
    throw error;
  }
  const summary = await demo.finish(
    why === 'interrupted' ? PATIENCE_MS.interrupted : PATIENCE_MS.ended,
  );
  if (quiet) output.json(summary);
  else output.line(`\n${view.summary(summary)}`);
  return summary;
}

function scenario(text: string): ScenarioName {
  if (isScenarioName(text)) return text;
  throw new InvalidArgumentError(`one of ${scenarioNames.join(', ')}`);
}

function elapsed(ms: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (ms !== undefined) setTimeout(resolve, ms).unref();
  });
}

async function run(early: Interruption | null, output: Output, options: CliOptions): Promise<void> {
  const stop = early ?? interrupted();
  try {
    checkOptions(options);
    const dir = await demoDirectory(options.store);
    const summary = await runIn(dir, output, options, stop);
    if (summary.unaccounted > 0 || summary.repeated > 0) process.exitCode = 1;
  } finally {
    stop.dispose();
  }
}

export function addDemo(program: Command, early: Interruption | null = null): void {
  program
    .command('demo')
    .description('simulated machines and the real agent: the main job without hardware')
    .option('--for <time>', 'end after this time, e.g. 60s', duration)
    .option(
      '--speed <factor>',
      `times faster than real, or max (default ${DEMO_SPEED}; replay: max)`,
      speed,
    )
    .option('--seed <n>', `seed of the simulated machines (default ${DEMO_SEED})`, wholeNumber)
    .option('--scenario <name>', scenarioNames.join(', '), scenario)
    .option('--replay <csv>', 'a real log instead of simulated machines')
    .option('--profile <id>', `profile of the replayed machine (default ${REPLAY_PROFILE})`)
    .option('--model <bundle>', 'bundle folder or model name for the replay')
    .option(
      '--column <signal=column>',
      'column of a signal, over the profile’s map',
      collectPairs,
      {},
    )
    .addOption(
      new Option('--limits <which>', 'rule limits (default: profile; replay: none)').choices([
        'profile',
        'none',
      ]),
    )
    .option('--deadline <ms>', 'snapshot → verdict, ms (default 20; replay 2000)', positiveNumber)
    .option('--poll <ms>', 'trigger poll, ms', positiveNumber)
    .option('--store <dir>', 'keep configuration and store here; absent: removed at the end')
    .option(
      '--panel <port>',
      `port of the panel (default ${PANEL_PORT}, or any other if taken)`,
      wholeNumber,
    )
    .addOption(new Option('--lang <language>', 'language').choices(['ko', 'en']).default('ko'))
    .option('--json', 'nothing but one JSON summary line at the end')
    .addHelpText('after', help)
    .action(action('demo', (output, options: CliOptions) => run(early, output, options)));
}
