/**
 * A bare ONNX export and what is known of it → the parts of a bundle. Whatever cannot be derived
 * is listed all at once, each with the flag that gives it.
 */

import type { Admission } from '../admit.ts';
import type { BundleParts } from '../bundle.ts';
import {
  bundleName,
  bundleNameRule,
  type Golden,
  type Manifest,
  type ModelFeature,
} from '../manifest.ts';
import { modelInvalid } from '../onnx/model.ts';
import type { Facts } from './facts.ts';
import { describeFeatures, missingFaults } from './features.ts';
import { dataRows, goldenRows } from './golden-rows.ts';
import { type DescribedOutput, describeOutput } from './output.ts';
import { admitRequest, featureNames, type WrapRequest } from './request.ts';

export type { DataRows, WrapRequest } from './request.ts';

export interface Wrapped {
  /** Without outputs in its golden vectors where `isSelfMade`: the model has to be run for them. */
  readonly parts: BundleParts;
  readonly isSelfMade: boolean;
  /** What was derived rather than given, in plain words. */
  readonly notes: readonly string[];
}

/** Throws `model-invalid` with everything that is missing. */
export function wrapModel(request: WrapRequest): Wrapped {
  const { parts, isSelfMade, notes, faults } = draft(request);
  if (parts === null || faults.length > 0) throw incomplete(request.subject, faults);
  return { parts, isSelfMade, notes };
}

/** What is missing for a bundle, each with the flag that gives it. Throws as admission does. */
export function wrapNeeds(request: WrapRequest): readonly string[] {
  return draft(request).faults;
}

interface Draft {
  /** Null when they cannot be made; sound only without faults. */
  readonly parts: BundleParts | null;
  readonly isSelfMade: boolean;
  readonly notes: readonly string[];
  readonly faults: readonly string[];
}

function draft(request: WrapRequest): Draft {
  const admission = admitRequest(request);
  const faults: string[] = [];
  const notes = [...admission.notes];
  const features = describeFeatures(request, admission, faults, notes);
  const output = describeOutput(request, admission, faults);
  requireName(request, faults);
  const names = featureNames(request, admission);
  const proof = describeGolden(request, output, { names, list: features.list }, faults);
  const { golden, isSelfMade } = proof;
  if (output === null) return { parts: null, isSelfMade, notes, faults };
  const { columns: _, ...described } = output;
  const manifest: Manifest = {
    ...identityOf(request),
    profile: features.profile,
    input: { name: admission.input.name, dtype: 'float32' },
    features: [...features.list],
    ...described,
    outOfRange: 'flag',
    molds: 'any',
    metrics: request.facts.validation ?? {},
    training: trainingOf(request.facts, admission),
  };
  return { parts: { manifest, model: admission.bytes, golden }, isSelfMade, notes, faults };
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

interface Named {
  readonly names: readonly string[];
  readonly list: readonly ModelFeature[];
}

function describeGolden(
  request: WrapRequest,
  output: DescribedOutput | null,
  { names, list }: Named,
  faults: string[],
): { golden: Golden; isSelfMade: boolean } {
  const entries = request.golden ?? request.facts.golden ?? [];
  const tolerance = request.facts.tolerance ?? 1e-5;
  if (entries.length === 0 && request.data !== undefined) {
    const made = dataRows(request.data, names);
    faults.push(...made.faults);
    return { golden: { tolerance, source: 'self-made', vectors: made.vectors }, isSelfMade: true };
  }
  if (entries.length === 0) {
    faults.push(
      'rows to prove the model by: --golden FILE.json with its toolkit’s outputs, or --data FILE.csv, of which golden rows are made by running the model itself',
    );
    return { golden: { tolerance, vectors: [] }, isSelfMade: false };
  }
  if (output === null) return { golden: { tolerance, vectors: [] }, isSelfMade: false };
  const { golden, faults: found } = goldenRows(entries, {
    features: names,
    labels: output.classes.map(({ value }) => value),
    kind: output.output.kind,
    columns: output.columns,
    defectColumns: output.output.defectColumns,
  });
  faults.push(...found, ...missingFaults(list, golden.vectors));
  return { golden: { ...golden, tolerance }, isSelfMade: false };
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
