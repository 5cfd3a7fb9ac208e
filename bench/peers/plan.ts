/**
 * What every contestant is to do, as data made from the profile and the bundle: which registers to
 * read, how words become the model's row, and when a shot is a defect. Peers get it as JSON or as a
 * C header, so that none of them judges by other rules than the agent.
 */
import type { Profile } from '../../config/profile.ts';
import { parseAddress } from '../../drivers/decode.ts';
import type { Bundle } from '../../models/manifest.ts';

/** Words of other types than these two are in none of the model's inputs. */
type Word = 'uint16' | 'int16';

export interface PlanSignal {
  readonly name: string;
  /** Offset in the block. */
  readonly at: number;
  readonly type: Word;
  /** The raw number is divided by this. */
  readonly divisor: number;
  /** Raw numbers that are no value. */
  readonly sentinels: readonly number[];
  /** Values outside are none. */
  readonly low: number;
  readonly high: number;
}

export interface Plan {
  readonly model: string;
  readonly input: string;
  readonly output: string;
  readonly defectColumn: number;
  readonly threshold: number;
  /** One read of holding registers, the counter first. */
  readonly address: number;
  readonly count: number;
  readonly everyMs: number;
  readonly coil: number;
  readonly signals: readonly PlanSignal[];
  /** In the model's order; `signal` is an index. Without a value: no verdict, or NaN. */
  readonly features: readonly { readonly signal: number; readonly missing: 'refuse' | 'nan' }[];
  /** A value below or above is a defect whatever the model says. */
  readonly limits: readonly {
    readonly signal: number;
    readonly low: number | null;
    readonly high: number | null;
  }[];
  /** Shots that are not judged: while this signal has this value. */
  readonly skips: readonly { readonly signal: number; readonly equals: number }[];
}

/** As a peer is given it: with the machines that it is to watch. */
export interface Task extends Plan {
  readonly machines: readonly { readonly id: string; readonly port: number }[];
}

const widest = 1e9;

/** Throws for a profile or bundle that asks for more than the peers can do. */
export function planOf(profile: Profile, { manifest, modelPath }: Bundle): Plan {
  const own = Object.entries(profile.signals).filter(([, { poll }]) => poll !== 'slow');
  const places = own.map(([, { at }]) => parseAddress(at));
  const address = Math.min(...places.map((place) => place.address));
  const ends = own.map(
    ([, { at, type }]) => parseAddress(at).address + (type === 'uint32' ? 2 : 1),
  );
  const signals: PlanSignal[] = [];
  const indexOf = (name: string): number => {
    const known = signals.findIndex((signal) => signal.name === name);
    return known === -1 ? signals.push(signalOf(profile, name, address)) - 1 : known;
  };
  const features = manifest.features.map(({ from, missing }) => {
    if (missing !== 'refuse' && missing !== 'nan') throw new Error(`${from}: a number for missing`);
    return { signal: indexOf(profile.features[from]?.from ?? from), missing };
  });
  const limits = Object.entries(profile.limits).map(([feature, { low = null, high = null }]) => {
    return { signal: indexOf(profile.features[feature]?.from ?? feature), low, high };
  });
  const skips = profile.suppress.flatMap((rule) => {
    if (!('when' in rule) || rule.when.equals === undefined) return [];
    return [{ signal: indexOf(rule.when.signal), equals: rule.when.equals }];
  });
  const [defectColumn = 1] = manifest.output.defectColumns;
  return {
    model: modelPath,
    input: manifest.input.name,
    output: manifest.output.name,
    defectColumn,
    threshold: manifest.threshold,
    address,
    count: Math.max(...ends) - address,
    everyMs: 100,
    coil: 0,
    signals,
    features,
    limits,
    skips,
  };
}

function signalOf({ signals }: Profile, name: string, base: number): PlanSignal {
  const spec = signals[name];
  if (spec === undefined) throw new Error(`no signal ${name}`);
  const { at, type, scale, range, missing, invalid } = spec;
  if (type !== 'uint16' && type !== 'int16') throw new Error(`${name}: ${type} is not planned for`);
  const [low, high] = range ?? [-widest, widest];
  return {
    name,
    at: parseAddress(at).address - base,
    type,
    divisor: Math.round(1 / scale),
    sentinels: [...missing, ...invalid],
    low,
    high,
  };
}

/** The plan as a C header of constants: what somebody who writes C would put into the program. */
export function planHeader(plan: Plan): string {
  const text = (value: string): string => JSON.stringify(value);
  const most = Math.max(...plan.signals.map(({ sentinels }) => sentinels.length));
  const rows = plan.signals.map(({ at, type, divisor, sentinels, low, high }) => {
    const raws = Array.from({ length: most }, (_, i) => sentinels[i] ?? widest);
    return `  {${at}, ${type === 'int16' ? 1 : 0}, ${divisor}, {${raws.join(', ')}}, ${low}, ${high}},`;
  });
  return [
    `#define MODEL ${text(plan.model)}`,
    `#define INPUT_NAME ${text(plan.input)}`,
    `#define OUTPUT_NAME ${text(plan.output)}`,
    `#define DEFECT_COLUMN ${plan.defectColumn}`,
    `#define THRESHOLD ${plan.threshold}f`,
    `#define ADDRESS ${plan.address}`,
    `#define COUNT ${plan.count}`,
    `#define EVERY_MS ${plan.everyMs}`,
    `#define COIL ${plan.coil}`,
    `struct signal { int at; int is_signed; double divisor; double sentinels[${most}]; double low, high; };`,
    `static const struct signal signals[] = {\n${rows.join('\n')}\n};`,
    `struct feature { int signal; int refuse; };`,
    `static const struct feature features[] = {${plan.features
      .map(({ signal, missing }) => `{${signal}, ${missing === 'refuse' ? 1 : 0}}`)
      .join(', ')}};`,
    `struct limit { int signal; double low, high; };`,
    `static const struct limit limits[] = {${plan.limits
      .map(({ signal, low, high }) => `{${signal}, ${low ?? -widest}, ${high ?? widest}}`)
      .join(', ')}};`,
    `struct skip { int signal; double equals; };`,
    `static const struct skip skips[] = {${plan.skips
      .map(({ signal, equals }) => `{${signal}, ${equals}}`)
      .join(', ')}};`,
    '',
  ].join('\n');
}
