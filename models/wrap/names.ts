/** The model's feature names to the profile's: by a given map, by name, or by known CSV columns. */
import { editDistance, nearest } from '../../config/nearest.ts';
import { normalizeName } from '../cell.ts';

/** What of a profile a bundle needs to know. */
export interface WrapProfile {
  readonly id: string;
  /** Profile feature → its unit and the CSV columns it is known by. */
  readonly features: Readonly<
    Record<string, { readonly unit: string; readonly aliases: readonly string[] }>
  >;
}

export interface NameMapping {
  /** Model feature → profile feature. */
  readonly from: ReadonlyMap<string, string>;
  readonly faults: readonly string[];
}

/** Underscores, hyphens and dots tell no two names apart here. */
function key(name: string): string {
  return normalizeName(name).replaceAll(/[_.-]/g, '');
}

export function mapNames(
  names: readonly string[],
  profile: WrapProfile,
  given: Readonly<Record<string, string>>,
): NameMapping {
  const known = new Map<string, string>();
  for (const [feature, { aliases }] of Object.entries(profile.features))
    for (const alias of aliases) known.set(key(alias), feature);
  for (const feature of Object.keys(profile.features)) known.set(key(feature), feature);
  const from = new Map<string, string>();
  const faults = strangers(names, given);
  for (const name of names) {
    const wanted = given[name];
    const found = wanted ?? known.get(key(name));
    if (found !== undefined && Object.hasOwn(profile.features, found)) from.set(name, found);
    else faults.push(unmapped(name, wanted, profile));
  }
  if (faults.some((fault) => fault.endsWith("=FEATURE'")))
    faults.push(`FEATURE is one of ${profile.id}: ${Object.keys(profile.features).join(', ')}`);
  return { from, faults };
}

function unmapped(name: string, wanted: string | undefined, profile: WrapProfile): string {
  const candidates = Object.keys(profile.features);
  if (wanted !== undefined) {
    const like = nearest(wanted, candidates);
    const hint = like === null ? '' : `; did you mean "${like}"?`;
    return `--map: profile ${profile.id} has no feature "${wanted}"${hint}`;
  }
  const like = candidates.filter((feature) => namesAgree(name, feature));
  const meant = like.length === 1 ? like[0] : 'FEATURE';
  return `the profile feature behind "${name}": --map '${name}=${meant}'`;
}

/** `melt_temp` → melt, temp; `oilTemperature2` → oil, temperature, 2. */
const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/(\d+)/g, ' $1 ')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== '');

function wordsAgree(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (short.length >= 3 && long.startsWith(short)) return true;
  return short === long || (short.length >= 5 && editDistance(short, long) === 1);
}

/**
 * Every word of one is a word of the other, up to a slip or a short form. Less than that pairs
 * things that are measured at different places: the oil's temperature with the coolant's.
 */
function namesAgree(name: string, feature: string): boolean {
  const [given, left] = [wordsOf(name), wordsOf(feature)];
  if (given.length !== left.length) return false;
  for (const word of given) {
    const at = left.findIndex((other) => wordsAgree(word, other));
    if (at === -1) return false;
    left.splice(at, 1);
  }
  return true;
}

/** What is wrong with `--map` whatever the profile is. */
export function mapFaults(
  names: readonly string[],
  profiles: readonly WrapProfile[],
  given: Readonly<Record<string, string>>,
): string[] {
  const features = profiles.flatMap((one) => Object.keys(one.features));
  const unheard = Object.values(given).filter((feature) => !features.includes(feature));
  return [
    ...strangers(names, given),
    ...unheard.map((feature) => {
      const like = nearest(feature, features);
      const hint = like === null ? '' : `; did you mean "${like}"?`;
      return `--map: no profile has a feature "${feature}"${hint}`;
    }),
  ];
}

/** Features in `--map` that the model has not; nothing can be said where its features are not known. */
function strangers(names: readonly string[], given: Readonly<Record<string, string>>): string[] {
  if (names.length === 0) return [];
  return Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => {
      const like = nearest(name, names);
      const hint = like === null ? '' : `; did you mean "${like}"?`;
      return `--map: the model has no feature "${name}"${hint}`;
    });
}

/** The only profile that knows every name, or null. */
export function profileFor(
  names: readonly string[],
  profiles: readonly WrapProfile[],
  given: Readonly<Record<string, string>>,
): WrapProfile | null {
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)));
  const fitting = profiles.filter((one) => mapNames(names, one, own).faults.length === 0);
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}
