/** `ppuri model health`: whether the models at work can still be trusted. */
import type { Command } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import type { AgentStatus } from '../agent-status.ts';
import { healthView } from '../panel/health-view.ts';
import type { CalibrationRow, DriftHealth } from '../records.ts';
import { calibrationLines } from './calibration-lines.ts';
import { labelLanguage } from './label-agent.ts';
import { action, type Output } from './output.ts';
import { weekOfQuality } from './quality.ts';
import {
  addStoreFlags,
  type Place,
  placeOf,
  reachAgent,
  type StoreFlags,
  whyText,
} from './store-access.ts';

const help = `
Says of each machine which values are in doubt (decimal point moved, stands still, creeps away, missing
more often, spread unlike in training), what is still being collected, how many of the last shots were
unscored, outside the training range or unlike all of it, and whether the probabilities shown in the
last seven days are what inspection found. Exit code 1: a value is in doubt, or no agent runs and only
the labels in the store can be told.

--json prints one object: {"running","machines":[{"machine","model":{"name","version"}|null,"drift":
{"findings":[{"kind","feature"|null,"mold","sinceShot","from","to","modelInput"}],"molds":[{"mold",
"shots","needed"}],"settled":{"shots","needed"},"steps":[{"feature","mold","shot","from","to"}],
"spread":{"against":"training"|"own","shots","features":[{"feature"|null,"psi","chance"}]}|null,
"recent":{"shots","unscored","outsideTraining","novel"|null}}|null}],"calibration":[…]}, calibration as
in \`ppuri quality --json\`; feature null stands for the scores of the model.

Examples:
  ppuri model health -c ppuri.yaml
  ppuri model health --store /var/lib/ppuri --json`;

interface MachineHealth {
  readonly machine: string;
  readonly profile: string | null;
  readonly model: { readonly name: string; readonly version: string } | null;
  /** Null: an agent of another version does not say. */
  readonly drift: DriftHealth | null;
}

type Told =
  | { readonly running: true; readonly machines: readonly MachineHealth[] }
  | { readonly running: false; readonly machines: readonly []; readonly why: string };

async function ask(place: Place): Promise<Told> {
  const reached = await reachAgent(place.dir);
  if (reached.client === null)
    return { running: false, machines: [], why: whyText(reached.why, place.lang) };
  try {
    const { agent } = await reached.client.ask('status', {});
    const machines = (agent as Partial<AgentStatus> | null)?.machines ?? [];
    return {
      running: true,
      machines: machines.map(({ id, profile, model, drift }) => ({
        ...{ machine: id, profile, drift: drift ?? null },
        model: model === null ? null : { name: model.name, version: model.version },
      })),
    };
  } finally {
    reached.client.close();
  }
}

function machineLines(
  { machine, profile: id, model, drift }: MachineHealth,
  place: Place,
): string[] {
  const { lang } = place;
  const profile = place.profileOf(machine, id);
  const cycleWord = profile?.cycleWord ?? { ko: '샷', en: 'shot' };
  const { line, details } = healthView(drift, profile, cycleWord);
  const none = lang === 'ko' ? '모델 없음' : 'no model';
  const by = model === null ? none : `${model.name} ${model.version}`;
  const head = `${place.machineName(machine)} (${by}): ${line[lang]}`;
  return [head, ...details.map((text) => `  - ${text[lang]}`)];
}

function print(output: Output, place: Place, told: Told, rows: readonly CalibrationRow[]): void {
  if (!told.running) output.line(told.why);
  for (const machine of told.machines)
    for (const line of machineLines(machine, place)) output.line(line);
  const lines = calibrationLines(rows, place);
  for (const line of lines) output.line(line);
  if (lines.length > 0) return;
  output.line(
    place.lang === 'ko'
      ? '최근 7일 검사 결과가 없어 모델 확률이 맞는지 알 수 없음'
      : 'no labels in the last seven days: whether the probabilities are right is not known',
  );
}

/** A store that is not there yet has no labels either. */
function calibrationOf(place: Place, told: Told): readonly CalibrationRow[] {
  try {
    return weekOfQuality(place).calibration;
  } catch (thrown) {
    if (!told.running || !(thrown instanceof PpuriError)) throw thrown;
    return [];
  }
}

async function run(output: Output, flags: StoreFlags): Promise<void> {
  const place = placeOf(flags);
  const told = await ask(place);
  const calibration = calibrationOf(place, told);
  const isDoubtful = told.machines.some(({ drift }) => (drift?.findings.length ?? 0) > 0);
  if (!told.running || isDoubtful) process.exitCode = exitCodes.checkFailed;
  if (flags.json !== true) return print(output, place, told, calibration);
  const machines = told.machines.map(({ machine, model, drift }) => ({ machine, model, drift }));
  output.json({ running: told.running, machines, calibration });
}

export function addHealth(model: Command): void {
  const command = model
    .command('health')
    .description(
      'whether models can still be trusted: drift, novelty, probabilities against labels',
    );
  addStoreFlags(command, 'one JSON object, described below')
    .addHelpText('after', help)
    .action(action('tell the health of models', run, labelLanguage));
}
