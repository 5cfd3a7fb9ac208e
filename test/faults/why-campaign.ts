/**
 * Do alerts name what was truly wrong? Simulated machines with the shipped models go through every
 * fault; the oracle is the fault that the simulator had at work, and what its physics moves by it.
 * In virtual time, the model in this process. Run by hand for longer:
 *
 *   node test/faults/why-campaign.ts --machines 40 --shots 2000 --seed 1
 */
import { parseArgs } from 'node:util';
import type { AlertEngine } from '../../agent/alerts/engine.ts';
import { explain, type WhyQuestion } from '../../agent/alerts/why.ts';
import { judgeModelOf } from '../../agent/judge-model.ts';
import type { Alert, Driver } from '../../agent/records.ts';
import type { SourceShot } from '../../agent/simulator/source.ts';
import type { JudgeModel } from '../../agent/verdict/judge.ts';
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { readBundle } from '../../models/bundle.ts';
import { findBundle } from '../../models/find-bundle.ts';
import { openModel, VirtualMachine } from '../fixtures/virtual-machine.ts';

interface Truth {
  /** What the fault acts on itself. */
  readonly root: readonly string[];
  /** What the simulator's physics moves by that. */
  readonly moved: readonly string[];
  readonly defect: string;
}

const dieTemperatures = ['upper', 'lower'].flatMap((half) =>
  [1, 2, 3].map((place) => `${half}DieTemperature${place}`),
);
const injectionPressures = ['maxInjectionPressure', 'switchPressure'];

/** By hand from agent/simulator/die-casting.ts and injection.ts. */
export const truths: Readonly<Record<string, Truth>> = {
  'ladle-underfill': { root: ['biscuitThickness'], moved: ['castPressure'], defect: 'shrinkage' },
  'accumulator-low': {
    root: ['accumulatorPressure'],
    moved: ['castPressure', 'highSpeed', 'intensificationTime', 'fillTime'],
    defect: 'shrinkage',
  },
  'vacuum-clogged': { root: ['vacuum'], moved: [], defect: 'gas-porosity' },
  'melt-cold': { root: ['meltTemperature'], moved: [], defect: 'misrun' },
  'spray-nozzle': { root: ['sprayTime'], moved: dieTemperatures, defect: 'soldering' },
  'clamp-loss': { root: ['clampForce', 'tieBarImbalance'], moved: [], defect: 'flash' },
  'cold-die': {
    root: dieTemperatures,
    moved: ['fillTime', 'sleeveTemperature'],
    defect: 'cold-shut',
  },
  'check-ring': { root: ['cushion'], moved: injectionPressures, defect: 'short-shot' },
  'hold-valve': { root: ['holdPressure'], moved: [], defect: 'sink-mark' },
  'wet-resin': { root: ['dewPoint', 'dryerTemperature'], moved: [], defect: 'silver-streak' },
  'heater-band': {
    root: ['barrelTemperature3', 'nozzleTemperature'],
    moved: ['injectionTime', 'plasticizingTime', ...injectionPressures],
    defect: 'weld-line',
  },
  'late-switch': {
    root: ['switchPosition'],
    moved: ['cushion', 'clampForce', ...injectionPressures],
    defect: 'flash',
  },
  'coolant-loss': {
    root: ['moldTemperature1', 'moldTemperature2'],
    moved: [],
    defect: 'warpage',
  },
};

const kinds = [
  ['die-casting-cold-chamber', 'diecast-defect'],
  ['injection-molding', 'injection-defect'],
] as const;

export interface CampaignOptions {
  /** Of each kind, seeds `seed`, `seed + 1` … */
  readonly machines: number;
  readonly shots: number;
  readonly seed: number;
  /** Shots of the first fault on each machine, earliest and latest. */
  readonly first: readonly [number, number];
}

/** One alert on a fault at work, by who names the features: strongest first. */
export interface Told {
  readonly kind: string;
  readonly fault: string;
  readonly cause: string;
  readonly byDrivers: readonly string[];
  readonly byOcclusion: readonly string[];
  readonly byDistance: readonly string[];
  /** What leads the text when it is raised, and when it is told again. */
  readonly leadBefore: string | null;
  readonly leadAfter: string | null;
  readonly shareSum: number;
  readonly rows: number;
}

type Values = WhyQuestion['values'];
type Asker = (values: Values) => Promise<number | null>;

/** Every other way to name them: one at a time from the shot, and farthest from normal. */
async function byOcclusion(question: WhyQuestion, model: JudgeModel, ask: Asker) {
  const whole = (await ask(question.values)) ?? 0;
  const falls: { readonly feature: string; readonly fall: number }[] = [];
  for (const feature of model.features) {
    const normal = question.normalOf(feature);
    if (normal === null || (question.values[feature] ?? null) === null) continue;
    const without = await ask({ ...question.values, [feature]: normal.median });
    falls.push({ feature, fall: whole - (without ?? whole) });
  }
  return falls.sort((a, b) => b.fall - a.fall).map(({ feature }) => feature);
}

/** The value that a text leads with: the first one named before the risk. */
function leadOf(profile: Profile, alert: Alert): string | null {
  const [start = ''] = alert.text.en.split(/(?:Risk of|Also off)/);
  const named = Object.keys(profile.features).filter((feature) => {
    const spec = profile.features[feature];
    const title = spec?.title ?? profile.signals[spec?.from ?? '']?.title;
    return title !== undefined && start.includes(`: ${title.en} `);
  });
  return named[0] ?? null;
}

interface Asked {
  readonly question: WhyQuestion;
  readonly model: JudgeModel;
  readonly profile: Profile;
  readonly engine: AlertEngine;
  readonly alert: Alert;
  readonly shot: SourceShot;
}

async function tell(asked: Asked, ask: Asker): Promise<Omit<Told, 'kind'>> {
  const { question, model, profile, engine, alert, shot } = asked;
  const { features, scale } = model;
  let rows = 0;
  const counted: Asker = (values) => {
    rows += 1;
    return ask(values);
  };
  const drivers = await explain({ ...question, features, scale }, counted, () => false);
  if (drivers === null) throw new Error('the model gave no answer');
  const after = engine.explained(question, drivers, alert.at) ?? alert;
  return {
    fault: shot.trouble ?? '',
    cause: alert.cause,
    byDrivers: drivers.map(({ feature }: Driver) => feature),
    byOcclusion: await byOcclusion(question, model, ask),
    byDistance: alert.deviations.map(({ feature }) => feature),
    leadBefore: leadOf(profile, alert),
    leadAfter: leadOf(profile, after),
    shareSum: drivers.reduce((sum, { share }) => sum + share, 0),
    rows,
  };
}

export interface Campaign {
  readonly told: readonly Told[];
  /** Alerts while no fault was at work: chance defects, and false alarms. */
  readonly besides: number;
}

export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const told: Told[] = [];
  let besides = 0;
  for (const [kind, name] of kinds) {
    const profile = loadProfile(kind);
    const bundle = await readBundle((await findBundle(name)).dir);
    const model = judgeModelOf(bundle);
    const run = await openModel(bundle);
    const ask: Asker = async (values) => {
      const encoded = model.encode(values);
      return 'input' in encoded
        ? (model.answer(await run(encoded.input))?.probability ?? null)
        : null;
    };
    for (let place = 0; place < options.machines; place += 1) {
      const seed = options.seed + place;
      const scenario = { firstEpisodeShots: options.first, episodeGapShots: [40, 80] } as const;
      const machine = new VirtualMachine('m', bundle, { profile, model, seed, scenario });
      for (let i = 0; i < options.shots; i += 1) {
        const { shot, cycle, verdict, alerts } = await machine.shoot(run);
        const question = machine.engine.question(cycle, verdict);
        const alert = alerts.find(({ id }) => id === question?.alert);
        if (question === null || alert?.state !== 'raised') continue;
        if (shot.trouble === null) besides += 1;
        const { engine } = machine;
        const one = await tell({ question, model, profile, engine, alert, shot }, ask);
        if (shot.trouble !== null) told.push({ kind, ...one });
      }
    }
  }
  return { told, besides };
}

const named = ({ root, moved }: Truth): readonly string[] => [...root, ...moved];

/** Share of alerts in which one of the first `places` of a list is true. */
export function hits(
  told: readonly Told[],
  listOf: (one: Told) => readonly (string | null)[],
  places: number,
  trueOf: (truth: Truth) => readonly string[] = named,
): number {
  const hit = told.filter((one) => {
    const truth = truths[one.fault];
    if (truth === undefined) throw new Error(`no truth is known of ${one.fault}`);
    return listOf(one)
      .slice(0, places)
      .some((feature) => feature !== null && trueOf(truth).includes(feature));
  });
  return hit.length / told.length;
}

const lists: Readonly<Record<string, (one: Told) => readonly (string | null)[]>> = {
  drivers: ({ byDrivers }) => byDrivers,
  'plain occlusion': ({ byOcclusion }) => byOcclusion,
  'farthest from normal': ({ byDistance }) => byDistance,
  'lead by the pattern': ({ leadBefore }) => [leadBefore],
  'lead told again': ({ leadAfter }) => [leadAfter],
};

function print({ told, besides }: Campaign): void {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`.padStart(8);
  const group = Map.groupBy(told, ({ fault }) => fault);
  for (const [title, some] of [['all', told] as const, ...group]) {
    const right = some.filter(({ cause, fault }) => truths[fault]?.defect === cause).length;
    console.log(`${title}: ${some.length} alerts, right defect ${percent(right / some.length)}`);
    for (const [name, list] of Object.entries(lists)) {
      const roots = (truth: Truth) => truth.root;
      const figures = [hits(some, list, 1), hits(some, list, 3)].map(percent);
      const strict = [hits(some, list, 1, roots), hits(some, list, 3, roots)].map(percent);
      const [first, three, firstRoot, threeRoot] = [...figures, ...strict];
      console.log(
        `  ${name.padEnd(22)} moved by the fault: first ${first}, in three ${three}; its root: first ${firstRoot}, in three ${threeRoot}`,
      );
    }
  }
  const most = told.reduce((rows, one) => Math.max(rows, one.rows), 0);
  console.log(`rows asked, at most ${most}; alerts with no fault at work: ${besides}`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      machines: { type: 'string', default: '20' },
      shots: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      first: { type: 'string', default: '40,90' },
    },
  });
  const [earliest = 40, latest = 90] = values.first.split(',').map(Number);
  const options = {
    machines: Number(values.machines),
    shots: Number(values.shots),
    seed: Number(values.seed),
    first: [earliest, latest] as const,
  };
  console.log(JSON.stringify(options));
  print(await runCampaign(options));
}
