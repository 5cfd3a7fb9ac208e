/** The model's feature names to the profile's: by a given map, by name, or by known CSV columns. */
import { nearest } from '../../config/nearest.ts';
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

/** Underscores and hyphens tell no two names apart here. */
function key(name: string): string {
  return normalizeName(name).replaceAll(/[_-]/g, '');
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
  const faults = Object.keys(given)
    .filter((name) => !names.includes(name))
    .map((name) => `--map: the model has no feature "${name}"`);
  for (const name of names) {
    const wanted = given[name];
    const found = wanted ?? known.get(key(name));
    if (found !== undefined && Object.hasOwn(profile.features, found)) from.set(name, found);
    else faults.push(unmapped(name, wanted, profile));
  }
  return { from, faults };
}

function unmapped(name: string, wanted: string | undefined, profile: WrapProfile): string {
  const candidates = Object.keys(profile.features);
  const like = nearest(wanted ?? name, candidates);
  if (wanted !== undefined) {
    const hint = like === null ? '' : `; did you mean "${like}"?`;
    return `--map: profile ${profile.id} has no feature "${wanted}"${hint}`;
  }
  return `the profile feature behind "${name}": --map '${name}=${like ?? 'FEATURE'}'`;
}

/** The only profile that knows every name, or null. */
export function profileFor(
  names: readonly string[],
  profiles: readonly WrapProfile[],
  given: Readonly<Record<string, string>>,
): WrapProfile | null {
  const fitting = profiles.filter((one) => mapNames(names, one, given).faults.length === 0);
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}
