/**
 * A bare ONNX export and what is known of it → the parts of a bundle. Whatever cannot be derived
 * is listed all at once, each with the flag that gives it.
 */

import { suggest } from '../../config/nearest.ts';
import { type Admission, admitModel } from '../admit.ts';
import type { BundleParts } from '../bundle.ts';
import {
  bundleName,
  bundleNameRule,
  type Golden,
  type Manifest,
  type ModelFeature,
} from '../manifest.ts';
import { modelInvalid } from '../onnx/model.ts';
import type { ScoreOutput } from '../onnx/ports.ts';
import { chooseClasses, chooseDefects } from './classes.ts';
import { type Facts, factsThreshold, type GoldenEntry } from './facts.ts';
import { goldenRows } from './golden-rows.ts';
import { mapFaults, mapNames, profileFor, type WrapProfile } from './names.ts';

export interface WrapRequest {
  /** Path of the model, for messages. */
  readonly subject: string;
  readonly model: Uint8Array;
  /** Stands in for a name that nobody gave. */
  readonly fallbackName: string;
  readonly facts: Facts;
  /** Profiles to choose from, with what `--profile` named first or alone. */
  readonly profiles: readonly WrapProfile[];
  readonly name?: string;
  readonly version?: string;
  readonly profile?: string;
  readonly features?: readonly string[];
  /** Model feature → profile feature. */
  readonly map?: Readonly<Record<string, string>>;
  readonly missing?: ModelFeature['missing'];
  readonly threshold?: number;
  /** Labels or names of the classes that are defects. */
  readonly positive?: readonly string[];
  readonly output?: string;
  readonly golden?: readonly GoldenEntry[];
  readonly loops?: 'bounded' | 'any';
}

export interface Wrapped {
  readonly parts: BundleParts;
  /** What was derived rather than given, in plain words. */
  readonly notes: readonly string[];
}

/** Throws `model-invalid` with everything that is missing. */
export function wrapModel(request: WrapRequest): Wrapped {
  const { parts, notes, faults } = draft(request);
  if (parts === null || faults.length > 0) throw incomplete(request.subject, faults);
  return { parts, notes };
}

/** What is missing for a bundle, each with the flag that gives it. Throws as admission does. */
export function wrapNeeds(request: WrapRequest): readonly string[] {
  return draft(request).faults;
}

interface Draft {
  /** Null when they cannot be made; sound only without faults. */
  readonly parts: BundleParts | null;
  readonly notes: readonly string[];
  readonly faults: readonly string[];
}

function draft(request: WrapRequest): Draft {
  const admission = admitModel(request.model, request.subject, {
    ...(request.output === undefined ? {} : { output: request.output }),
    ...(request.loops === undefined ? {} : { loops: request.loops }),
  });
  const faults: string[] = [];
  const notes = [...admission.notes];
  const scores = requireScores(admission, faults);
  const features = describeFeatures(request, admission, faults, notes);
  const classes = chooseClasses(admission, scores, request.facts);
  const defectColumns = chooseDefects(classes, scores, request.positive, request.facts, faults);
  const threshold = request.threshold ?? factsThreshold(request.facts);
  if (threshold === null) faults.push('the threshold of defect probability: --threshold 0.5');
  requireName(request, faults);
  const golden = describeGolden(request, { scores, classes, defectColumns }, features.list, faults);
  if (threshold === null) return { parts: null, notes, faults };
  const manifest: Manifest = {
    ...identityOf(request),
    task: (scores.classes ?? 2) > 2 ? 'multiclass' : 'binary',
    profile: features.profile,
    input: { name: admission.input.name, dtype: 'float32' },
    features: features.list,
    output: { name: scores.name, kind: scores.kind, defectColumns },
    classes,
    threshold,
    outOfRange: 'flag',
    molds: 'any',
    metrics: request.facts.validation ?? {},
    training: trainingOf(request.facts, admission),
  };
  return { parts: { manifest, model: admission.bytes, golden }, notes, faults };
}

function identityOf(request: WrapRequest): Pick<Manifest, 'format' | 'name' | 'version'> {
  return {
    format: 1,
    name: request.name ?? request.facts.name ?? slug(request.fallbackName),
    version: request.version ?? request.facts.version ?? '1.0.0',
  };
}

function requireName(request: WrapRequest, faults: string[]): void {
  const { name } = identityOf(request);
  if (bundleName.test(name)) return;
  faults.push(`another name than "${name}": --name ${slug(name)} (${bundleNameRule})`);
}

interface Scoring {
  readonly scores: ScoreOutput;
  readonly classes: Manifest['classes'];
  readonly defectColumns: readonly number[];
}

function describeGolden(
  request: WrapRequest,
  { scores, classes, defectColumns }: Scoring,
  features: readonly ModelFeature[],
  faults: string[],
): Golden {
  const entries = request.golden ?? request.facts.golden ?? [];
  const names = request.features ?? request.facts.features ?? [];
  const { golden, faults: found } = goldenRows(entries, {
    features: names,
    labels: classes.map(({ value }) => value),
    kind: scores.kind,
    columns: scores.classes,
    defectColumns,
  });
  if (entries.length === 0)
    faults.push('rows to prove the model by, with its toolkit’s outputs: --golden FILE.json');
  else faults.push(...found);
  checkMissing(features, golden.vectors, faults);
  return golden;
}

function requireScores(admission: Admission, faults: string[]): ScoreOutput {
  if (admission.scores !== null) return admission.scores;
  const names = admission.outputs.map(({ name }) => name).join(', ');
  faults.push(`the output to score by, one of ${names}: --output NAME`);
  return { name: '', kind: 'probabilities', classes: null };
}

function describeFeatures(
  request: WrapRequest,
  admission: Admission,
  faults: string[],
  notes: string[],
): { list: ModelFeature[]; profile: string } {
  const names = request.features ?? request.facts.features ?? [];
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
    return { name, from, unit: profile.features[from]?.unit ?? '', missing };
  });
  return { list, profile: profile.id };
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

function checkMissing(
  features: readonly ModelFeature[],
  vectors: readonly { readonly inputs: readonly (number | null)[] }[],
  faults: string[],
): void {
  const refused = features.filter(
    ({ missing }, index) =>
      missing === 'refuse' && vectors.some(({ inputs }) => inputs[index] === null),
  );
  if (refused.length === 0) return;
  const names = refused.map(({ name }) => name).join(', ');
  faults.push(`how a missing ${names} is encoded, golden rows have it missing: --missing nan`);
}

function trainingOf(facts: Facts, admission: Admission): Record<string, unknown> {
  const { toolkit = admission.producer, trained_on: data } = facts;
  return data === undefined ? { toolkit } : { toolkit, data };
}

function incomplete(subject: string, faults: readonly string[]) {
  const list = faults.map((fault) => `\n  ${fault}`).join('');
  return modelInvalid(
    subject,
    `the bundle still needs:${list}`,
    'give them as flags, or in a facts.json beside the model (--describe)',
  );
}

/** A bundle name out of a file or folder name. */
function slug(text: string): string {
  const kept = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return kept === '' ? 'model' : kept;
}
