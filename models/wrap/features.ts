/** The features of a bundle: names in the model's order, each fed from one of the profile's. */
import { suggest } from '../../config/nearest.ts';
import { conversion, unitOf } from '../../config/units.ts';
import type { Admission } from '../admit.ts';
import type { ModelFeature } from '../manifest.ts';
import type { Facts } from './facts.ts';
import { mapFaults, mapNames, profileFor, type WrapProfile } from './names.ts';
import { featureNames, type WrapRequest } from './request.ts';

export interface DescribedFeatures {
  readonly list: readonly ModelFeature[];
  readonly profile: string;
}

/** Adds what is missing to `faults`, what was derived to `notes`. */
export function describeFeatures(
  request: WrapRequest,
  admission: Admission,
  faults: string[],
  notes: string[],
): DescribedFeatures {
  const names = featureNames(request, admission);
  const wanted = admission.input.features;
  if (names.length === 0) {
    const count = wanted === null ? 'the' : `the ${wanted}`;
    faults.push(`${count} feature names in the model's order: --features a,b,c or --describe FILE`);
  } else if (wanted !== null && wanted !== names.length)
    faults.push(`${names.length} feature names, but the model takes ${wanted}: --features`);
  const profile = chooseProfile(request, names, faults, notes);
  if (profile === null) {
    faults.push(...mapFaults(names, request.profiles, request.map ?? {}));
    return { list: [], profile: '' };
  }
  const mapping = mapNames(names, profile, request.map ?? {});
  faults.push(...mapping.faults);
  const missing = request.missing ?? factsMissing(request.facts, faults);
  const list = names.map((name) => {
    const from = mapping.from.get(name) ?? '';
    return { name, from, unit: unitAsked(request, name) ?? unitIn(profile, from), missing };
  });
  faults.push(...unitFaults(request, names, list, profile));
  if (!list.some(({ name }) => unitAsked(request, name) !== undefined))
    notes.push("units are taken to be the profile's: nobody said the model's (--feature-unit)");
  faults.push(...wholeFaults(list, admission));
  return { list, profile: profile.id };
}

function unitAsked({ featureUnit, facts }: WrapRequest, name: string): string | undefined {
  return featureUnit?.[name] ?? facts.units?.[name];
}

function unitIn(profile: WrapProfile, from: string): string {
  return profile.features[from]?.unit ?? '';
}

/** A model that takes another unit than the machine gives is wrong on every shot. */
function unitFaults(
  { featureUnit = {}, facts }: WrapRequest,
  names: readonly string[],
  list: readonly ModelFeature[],
  profile: WrapProfile,
): string[] {
  const unknown = Object.keys({ ...facts.units, ...featureUnit }).filter(
    (name) => !names.includes(name),
  );
  const mixed = list.flatMap(({ name, from, unit }) => {
    const given = unitIn(profile, from);
    const [theirs, ours] = [unitOf(unit), unitOf(given)];
    if (unit === given || theirs === null || ours === null || theirs === ours) return [];
    const how = theirs.dimension === ours.dimension ? `: ${conversion(theirs, ours)}` : '';
    return [`${name} in ${given}: the model takes it in ${unit}${how}`];
  });
  return [
    ...unknown.map((name) => `"${name}" has a unit but is no feature: --feature-unit`),
    ...mixed,
  ];
}

function wholeFaults(list: readonly ModelFeature[], { input }: Admission): string[] {
  const names = input.whole.flatMap((at) => (list[at]?.missing === 'nan' ? [list[at].name] : []));
  if (names.length === 0) return [];
  return [
    `${names.join(', ')} is a whole number to the model, which cannot be missing: --missing refuse`,
  ];
}

function chooseProfile(
  request: WrapRequest,
  names: readonly string[],
  faults: string[],
  notes: string[],
): WrapProfile | null {
  const asked = request.profile ?? request.facts.profile;
  const ids = request.profiles.map(({ id }) => id);
  if (asked !== undefined) {
    const found = request.profiles.find(({ id }) => id === asked) ?? null;
    const hint = suggest(asked, ids, 'the profiles are');
    if (found === null) faults.push(`there is no profile "${asked}": --profile (${hint})`);
    return found;
  }
  const fitting = profileFor(names, request.profiles, request.map ?? {});
  if (fitting === null || names.length === 0) {
    faults.push(`the machine profile it is fed from: --profile, one of ${ids.join(', ')}`);
    return null;
  }
  notes.push(`profile ${fitting.id}: it knows every feature of the model`);
  return fitting;
}

function factsMissing(facts: Facts, faults: string[]): ModelFeature['missing'] {
  const { missing } = facts;
  if (missing === undefined) return 'refuse';
  if (typeof missing === 'number') return missing;
  const word = missing.toLowerCase();
  if (word === 'nan' || word === 'refuse') return word;
  faults.push(`how a missing value is encoded ("${missing}" is not known): --missing nan`);
  return 'refuse';
}

/** Golden rows that have a value missing need to know how that is encoded. */
export function missingFaults(
  features: readonly ModelFeature[],
  vectors: readonly { readonly inputs: readonly (number | null)[] }[],
): string[] {
  const refused = features.filter(
    ({ missing }, index) =>
      missing === 'refuse' && vectors.some(({ inputs }) => inputs[index] === null),
  );
  if (refused.length === 0) return [];
  const names = refused.map(({ name }) => name).join(', ');
  return [`how a missing ${names} is encoded, golden rows have it missing: --missing nan`];
}
