/** `ppuri check`: judges a configuration without touching hardware. */
import type { Command } from 'commander';
import { parseAddress, wordsOf } from '../../config/address.ts';
import { type CheckResult, checkConfig } from '../../config/check.ts';
import { deviceProfile } from '../../config/clashes.ts';
import { exitCodes } from '../../config/errors.ts';
import { formatProblem, type Problem } from '../../config/problem.ts';
import type { Profile, SignalSpec } from '../../config/profile.ts';
import type { Config, MachineConfig } from '../../config/schema.ts';
import type { SyncTargetConfig } from '../../config/sync-schema.ts';
import { modelsNamed } from '../../config/trial-schema.ts';
import { planReads } from '../../drivers/plan.ts';
import { findModel } from '../find-model.ts';
import { failedVectors } from '../signals/vectors.ts';
import { placeTrouble } from '../store/place.ts';
import { action, type Output } from './output.ts';

type Poll = SignalSpec['poll'];

/** How one device will be read: requests each time its trigger, snapshot or slow signals are due. */
interface DevicePlan {
  readonly machine: string;
  readonly device: string;
  readonly bus: string;
  readonly unit: number;
  readonly profile: string;
  readonly signals: number;
  readonly reads: Readonly<Record<Poll, number>>;
}

/** What `ppuri check --json` prints; `plan` and the counts are empty where there are problems. */
export interface CheckReport {
  readonly ok: boolean;
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Right, and still worth knowing. */
  readonly warnings: readonly Problem[];
  readonly machines: number;
  readonly buses: number;
  readonly models: number;
  readonly plan: readonly DevicePlan[];
  /** Where records are delivered to; none: nowhere. */
  readonly targets: readonly SyncPlace[];
}

interface SyncPlace {
  readonly name: string;
  /** `json` and `sparkplug-b` over MQTT; `https`: batches. */
  readonly format: string;
  /** Scheme, host and port: a path may have what is nobody's business. */
  readonly address: string;
}

function syncPlace(target: SyncTargetConfig): SyncPlace {
  const { protocol, host } = new URL(target.url);
  const format = target.type === 'mqtt' ? target.format : target.type;
  return { name: target.name, format, address: `${protocol}//${host}` };
}

function readCount(profile: Profile, unit: number, poll: Poll): number {
  const { line, signals } = profile;
  if (line !== undefined) {
    const ofPoll = Object.values(signals).filter((signal) => signal.poll === poll);
    return line.mode === 'polled' ? new Set(ofPoll.map(({ everyMs }) => everyMs)).size : 0;
  }
  const spans = Object.entries(profile.signals).flatMap(([tag, signal]) => {
    const at = signal.poll === poll ? parseAddress(signal.at) : null;
    if (at === null) return [];
    return [
      {
        unit,
        table: at.table,
        address: at.address,
        words: wordsOf(signal.type, signal.length),
        tag,
      },
    ];
  });
  return planReads(spans, profile.modbus).length;
}

function devicePlans(machine: MachineConfig, profiles: CheckResult['profiles']): DevicePlan[] {
  return Object.entries(machine.devices).flatMap(([device, { bus, unit, ...rest }]) => {
    const profile = profiles.get(deviceProfile(machine, { bus, unit, ...rest }));
    if (profile === undefined) return [];
    const reads = {
      trigger: readCount(profile, unit, 'trigger'),
      shot: readCount(profile, unit, 'shot'),
      slow: readCount(profile, unit, 'slow'),
    };
    const signals = Object.keys(profile.signals).length;
    return [{ machine: machine.id, device, bus, unit, profile: profile.id, signals, reads }];
  });
}

/** Checks the configuration in `file`. Throws `config-unreadable` when it cannot be read. */
export async function checkFile(file: string): Promise<CheckReport> {
  const { config, profiles, problems, warnings } = await checkConfig(file, {
    findModel,
    readVectors: failedVectors,
    storeTrouble: placeTrouble,
    syncFilesAtMs: Date.now(),
  });
  const sound: Config | null = problems.length === 0 ? config : null;
  const machines = sound?.machines ?? [];
  return {
    ok: sound !== null,
    file,
    problems,
    warnings,
    machines: machines.length,
    buses: Object.keys(sound?.buses ?? {}).length,
    models: new Set(machines.flatMap(({ model }) => modelsNamed(model).map(({ name }) => name)))
      .size,
    plan: machines.flatMap((machine) => devicePlans(machine, profiles)),
    targets: (sound?.sync ?? []).map(syncPlace),
  };
}

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

/** The report as lines for people. */
export function reportLines(report: CheckReport): string[] {
  const warnings = report.warnings.map((warning) => `warning: ${formatProblem(warning)}`);
  if (!report.ok) return [...report.problems.map(formatProblem), ...warnings];
  const { machines, buses, models, plan, targets } = report;
  const counts = [
    count(machines, 'machine'),
    count(buses, 'bus', 'buses'),
    count(plan.length, 'device'),
    count(models, 'model'),
  ];
  const devices = plan.map(({ machine, device, bus, unit, profile, signals, reads }) => {
    const requests = `reads planned: trigger ${reads.trigger}, shot ${reads.shot}, slow ${reads.slow}`;
    const what = `${profile} on ${bus} unit ${unit}, ${count(signals, 'signal')}`;
    return `  ${machine}.${device}: ${what}, ${requests}`;
  });
  const places = targets.map(({ name, format, address }) => `${name} (${format}, ${address})`);
  const delivery =
    places.length === 0
      ? '  records are delivered nowhere: there is no `sync`, they stay in `store`'
      : `  records are delivered to ${places.join(' and ')}`;
  return [`${report.file}: ok (${counts.join(', ')})`, ...devices, delivery, ...warnings];
}

interface CheckOptions {
  readonly config: string;
  readonly json?: boolean;
}

async function run(output: Output, { config, json }: CheckOptions): Promise<void> {
  const report = await checkFile(config);
  if (json === true) output.json(report);
  else for (const line of reportLines(report)) output.line(line);
  if (report.ok) return;
  if (json !== true) output.note(`${count(report.problems.length, 'error')} in ${config}`);
  process.exitCode = exitCodes.configuration;
}

const help = `
Checks the file, the profiles and models it names, and clashes between them. Touches no hardware.
Prints every error at once as  file:line:col path message (hint)  and exits 3 when there is one.

Examples:
  ppuri check -c /etc/ppuri/ppuri.yaml
  ppuri check -c ppuri.yaml --json
`;

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('check a configuration: every error at once, with its place and a hint')
    .requiredOption('-c, --config <file>', 'the configuration')
    .option('--json', 'one JSON object: ok, problems, warnings, plan, targets')
    .addHelpText('after', help)
    .action(action('check configuration', run));
}
