/**
 * Drift planted into simulated machines, and clean shots in which none may be found. Shots go the way
 * of live ones: registers, sentinels, ranges, frozen sensors, features, suppression. By hand:
 *
 *   node test/faults/drift-campaign.ts --clean 10000 --seeds 5 --plants 240
 */
import { parseArgs } from 'node:util';
import { CycleTracker } from '../../agent/cycles/tracker.ts';
import { DriftWatch } from '../../agent/drift/watch.ts';
import type { Cycle, DriftFinding, DriftKind, Reading } from '../../agent/records.ts';
import { FrozenSensors } from '../../agent/signals/frozen.ts';
import { toReading } from '../../agent/signals/reading.ts';
import { Codec, type CodedSignal } from '../../agent/simulator/codec.ts';
import { ModelledSource } from '../../agent/simulator/modelled.ts';
import { Random } from '../../agent/simulator/random.ts';
import { type Scenario, scenarioOf } from '../../agent/simulator/scenario.ts';
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { decodeRaw, encodeRaw } from '../../drivers/decode.ts';

export const kinds = [
  'die-casting-cold-chamber',
  'injection-molding',
  'ls-xgb',
  'mitsubishi-fx5',
] as const;
export type Kind = (typeof kinds)[number];

/** Stops with heating shots, mold changes, sentinels; nothing that makes a value wrong. */
const clean: Scenario = scenarioOf({ firstEpisodeShots: null, freezeRate: 0 });

/** Changes the raw number of one signal. `since`: 1 in the first planted shot. */
export type Plant = (raw: number, since: number) => number;

export interface Planted {
  readonly signal: string;
  /** Shots that are neither suppressed nor before it count. */
  readonly from: number;
  readonly change: Plant;
}

export interface SimulatedShot {
  readonly cycle: Cycle;
  readonly isDefect: boolean;
  /** Shots with the plant in them, this one included; 0: before it. */
  readonly planted: number;
}

const bounds: Readonly<Record<string, readonly [number, number]>> = {
  uint16: [0, 65_533],
  int16: [-32_768, 32_767],
};

function put(raw: number, { register, spec }: CodedSignal): number {
  const [low, high] = bounds[register.type] ?? [-Infinity, Infinity];
  let whole = Math.min(high, Math.max(low, Math.round(raw)));
  while (spec.missing.includes(whole) || spec.invalid.includes(whole)) whole -= 1;
  return register.type.startsWith('float') ? raw : whole;
}

/** Shots of one simulated machine as the agent's cycles. */
export function* shotsOf(
  profile: Profile,
  seed: number,
  scenario: Scenario,
  plant: Planted | null = null,
): Generator<SimulatedShot> {
  const source = new ModelledSource(profile, seed, scenario);
  const signals = new Codec(profile).ofPoll('shot');
  const frozen = new FrozenSensors(profile.signals);
  const tracker = new CycleTracker({
    ...{ machine: 'm', profile, samplesBetween: () => [], clock: () => 0 },
  });
  let [judged, planted] = [0, 0];
  for (let shot = 1; ; shot += 1) {
    const made = source.next();
    if (made === null) return;
    const at = { monoMs: made.simulatedS * 1000, wallMs: 0 };
    const isJudged = made.suppressed === null;
    if (isJudged) judged += 1;
    if (plant !== null && judged >= plant.from && isJudged) planted += 1;
    const readings: Record<string, Reading> = {};
    signals.forEach((signal, place) => {
      const { name, spec, register, scale } = signal;
      if (register.type === 'text') return;
      let raw = decodeRaw(made.block[place]?.words ?? [], register);
      const isReal = typeof raw === 'number' && ![...spec.missing, ...spec.invalid].includes(raw);
      if (plant?.signal === name && planted > 0 && isReal && typeof raw === 'number')
        raw = decodeRaw(encodeRaw(put(plant.change(raw, planted), signal), register), register);
      readings[name] = frozen.check(name, toReading(raw, spec, scale, at));
    });
    const cycle = tracker.complete({ shot, readings, at, triggerMonoMs: at.monoMs });
    yield { cycle, isDefect: made.truth.defect === true, planted };
  }
}

const verdictOf = (isDefect: boolean) =>
  ({ outcome: isDefect ? 'defect' : 'ok', flags: [], probability: null }) as const;

export interface CleanReport {
  readonly kind: Kind;
  readonly seed: number;
  /** Shots watched, without those set aside. */
  readonly shots: number;
  readonly found: readonly (DriftFinding & { readonly atShot: number })[];
  readonly steps: number;
}

export function runClean(kind: Kind, seed: number, shots: number): CleanReport {
  const watch = new DriftWatch(loadProfile(kind), null);
  const found: (DriftFinding & { atShot: number })[] = [];
  const seen = new Set<string>();
  const stepped = new Set<unknown>();
  let watched = 0;
  for (const { cycle, isDefect } of shotsOf(loadProfile(kind), seed, clean)) {
    watch.observe(cycle, verdictOf(isDefect));
    if (cycle.suppressed === null) watched += 1;
    const standing = watch.findings();
    for (const one of standing) {
      const key = `${one.kind} ${one.feature}`;
      if (!seen.has(key)) found.push({ ...one, atShot: watched });
      seen.add(key);
    }
    for (const key of seen)
      if (!standing.some((one) => `${one.kind} ${one.feature}` === key)) seen.delete(key);
    for (const step of watch.health().steps) stepped.add(step);
    if (watched >= shots) break;
  }
  return { kind, seed, shots: watched, found, steps: stepped.size };
}

export type PlantKind = 'decimal-shift' | 'frozen' | 'slow-offset';

export interface PlantReport {
  readonly kind: Kind;
  readonly seed: number;
  readonly signal: string;
  readonly what: PlantKind;
  /** Shots from the first with the plant to the finding; null: not within the watch. */
  readonly after: number | null;
  /** How: the finding, or that its values fell out of the signal's range or were taken as stale. */
  readonly how: DriftKind | 'reading-refused' | null;
  /** Findings of other features meanwhile. */
  readonly others: number;
  /** The value wanders by itself for dozens of shots, as melt does: it resembles itself eight shots on. */
  readonly wanders: boolean;
}

const warmShots = 1500;
const watchedFor = 120;

/** Within molds, and as the register shows it: how the shots before the plant are spread. */
function spreadOf(kind: Kind, seed: number, signal: CodedSignal) {
  const byMold = new Map<string | null, number[]>();
  let judged = 0;
  for (const { cycle } of shotsOf(loadProfile(kind), seed, clean)) {
    const value = cycle.readings[signal.name]?.value ?? null;
    if (cycle.suppressed !== null || value === null) continue;
    judged += 1;
    if (judged > 500) byMold.set(cycle.mold, [...(byMold.get(cycle.mold) ?? []), value]);
    if (judged >= warmShots) break;
  }
  let [squares, count, products] = [0, 0, 0];
  for (const values of byMold.values()) {
    const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
    for (const [at, one] of values.entries()) {
      squares += (one - mean) ** 2;
      products += (one - mean) * ((values[at - 8] ?? mean) - mean);
    }
    count += values.length - 1;
  }
  // Less than a step of the display is no deviation that anybody sees.
  const least = 10 ** -signal.spec.decimals / 2;
  return {
    sigma: Math.max(least, Math.sqrt(squares / Math.max(1, count))),
    wanders: products > 0.3 * squares,
  };
}

function changeOf(
  what: PlantKind,
  signal: CodedSignal,
  sigma: number,
  rate: number,
  random: Random,
): Plant {
  const up = random.chance(0.5);
  if (what === 'frozen') {
    let held: number | null = null;
    return (raw) => {
      held ??= raw;
      return held;
    };
  }
  if (what === 'slow-offset') {
    const step = ((up ? 1 : -1) * rate * sigma) / Math.abs(signal.spec.scale);
    return (raw, since) => raw + step * since;
  }
  let factor: number | null = null;
  // Up where the register has room for it.
  return (raw) => {
    factor ??= up && Math.abs(raw) < 3000 ? 10 : 0.1;
    return raw * factor;
  };
}

const levelSignals = (profile: Profile): CodedSignal[] => {
  const fed = new Set(
    Object.values(profile.features)
      .filter(({ take }) => take === 'last')
      .map(({ from }) => from),
  );
  return new Codec(profile).ofPoll('shot').filter(({ name }) => fed.has(name));
};

export function runPlant(kind: Kind, seed: number, what: PlantKind, rate: number): PlantReport {
  const profile = loadProfile(kind);
  const random = new Random(seed, `plant ${what}`);
  const signals = levelSignals(profile);
  const signal = signals[seed % signals.length];
  if (signal === undefined) throw new RangeError(`no signal of ${kind} feeds a feature`);
  const { sigma, wanders } = spreadOf(kind, seed, signal);
  const from = warmShots + random.whole(0, 200);
  const plant = { signal: signal.name, from, change: changeOf(what, signal, sigma, rate, random) };
  const watch = new DriftWatch(profile, null);
  const features = Object.entries(profile.features)
    .filter(([, spec]) => spec.from === signal.name)
    .map(([name]) => name);
  const others = new Set<string>();
  let refused = 0;
  const told = { kind, seed, signal: signal.name, what, wanders };
  for (const { cycle, isDefect, planted } of shotsOf(profile, seed, clean, plant)) {
    watch.observe(cycle, verdictOf(isDefect));
    if (planted === 0 || cycle.suppressed !== null) continue;
    const reading = cycle.readings[signal.name];
    refused = reading?.value === null && reading.quality !== 'missing' ? refused + 1 : 0;
    const standing = watch.findings();
    const own = standing.find(({ feature }) => features.includes(feature ?? ''));
    for (const one of standing) if (one !== own) others.add(`${one.feature}`);
    const how = own?.kind ?? (refused >= 3 ? ('reading-refused' as const) : null);
    if (how !== null) return { ...told, after: planted, how, others: others.size };
    if (planted >= watchedFor) break;
  }
  return { ...told, after: null, how: null, others: others.size };
}

function summary(reports: readonly PlantReport[]): Record<string, unknown> {
  const after = reports.map((one) => one.after ?? Infinity).sort((a, b) => a - b);
  const at = (q: number): number | string => {
    const value = after[Math.min(after.length - 1, Math.floor(q * after.length))] ?? Infinity;
    return value === Infinity ? `> ${watchedFor}` : value;
  };
  const within30 = after.filter((one) => one <= 30).length;
  return {
    plants: reports.length,
    within30,
    share: Number((within30 / reports.length).toFixed(3)),
    shotsToFind: { p10: at(0.1), p50: at(0.5), p90: at(0.9), p95: at(0.95), max: at(1) },
    how: Object.fromEntries(
      [...Map.groupBy(reports, ({ how }) => how ?? 'not-found')].map(([how, of]) => [
        how,
        of.length,
      ]),
    ),
    others: reports.reduce((sum, one) => sum + one.others, 0),
  };
}

function main(): void {
  const { values } = parseArgs({
    options: {
      clean: { type: 'string', default: '10000' },
      seeds: { type: 'string', default: '3' },
      seed: { type: 'string', default: '1' },
      plants: { type: 'string', default: '80' },
      rate: { type: 'string', default: '0.15' },
      late: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  });
  const first = Number(values.seed);
  const print = (what: unknown): void => console.log(JSON.stringify(what));
  if (Number(values.clean) > 0)
    for (const kind of kinds)
      for (let seed = first; seed < first + Number(values.seeds); seed += 1)
        print(runClean(kind, seed, Number(values.clean)));
  const shops = ['die-casting-cold-chamber', 'injection-molding'] as const;
  for (const what of ['decimal-shift', 'frozen', 'slow-offset'] as const)
    for (const kind of shops) {
      if (!what.includes(values.only)) continue;
      const seeds = Array.from({ length: Number(values.plants) }, (_, at) => first * 1000 + at);
      const reports = seeds.map((seed) => runPlant(kind, seed, what, Number(values.rate)));
      if (reports.length === 0) continue;
      print({
        what,
        kind,
        ...(what === 'slow-offset' ? { rate: values.rate } : {}),
        ...summary(reports),
        steady: summary(reports.filter(({ wanders }) => !wanders)),
      });
      if (values.late)
        for (const one of reports) if (one.after === null || one.after > 30) print(one);
    }
}

if (import.meta.main) main();
