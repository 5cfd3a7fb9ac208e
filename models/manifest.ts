/** The shape of a bundle's model.yaml: everything a model needs to be run and judged honestly. */
import { z } from 'zod';
import { curvePoint, maxCurvePoints } from '../config/curve-points.ts';
import type { Reference } from './reference.ts';

const textSchema = z.strictObject({ ko: z.string(), en: z.string() });

const featureShape = {
  /** The model's own name for it, in input order. */
  name: z.string(),
  /** The profile feature it is fed from. */
  from: z.string(),
  unit: z.string().default(''),
  /** How a missing value is encoded: `nan`, a number, or `refuse` (the cycle is unscored). */
  missing: z.union([z.enum(['nan', 'refuse']), z.number()]).default('refuse'),
  /** Range seen in training; outside is flagged. */
  range: z.tuple([z.number(), z.number()]).optional(),
  /** Where the middle 90 % of good training cycles lay; stands in until this mold has its own. */
  normal: z.strictObject({ low: z.number(), median: z.number(), high: z.number() }).optional(),
};

export const modelFeatureSchema = z.strictObject(featureShape);

/** `points`: all points of a curve, written once: p.0, p.1 … from curve.0, curve.1 … */
const writtenFeatureSchema = z.strictObject({
  ...featureShape,
  points: z.int().min(2).max(maxCurvePoints).optional(),
});

const mostFeatures = 4096;

function countPoints(written: readonly { readonly points?: number | undefined }[]): number {
  return written.reduce((count, { points = 1 }) => count + points, 0);
}

function everyPoint(
  written: readonly z.output<typeof writtenFeatureSchema>[],
): z.output<typeof modelFeatureSchema>[] {
  return written.flatMap(({ points, ...feature }) => {
    if (points === undefined) return [feature];
    const { name, from } = feature;
    return Array.from({ length: points }, (_, point) => ({
      ...feature,
      name: curvePoint(name, point),
      from: curvePoint(from, point),
    }));
  });
}

/** Bundle names are folder names, and are typed. */
export const bundleName = /^[a-z0-9]+(-[a-z0-9]+)*$/;
export const bundleNameRule = 'lower-case letters and digits, in parts joined by hyphens';

export const manifestSchema = z.strictObject({
  format: z.literal(1),
  name: z.string().regex(bundleName, bundleNameRule),
  version: z.string(),
  /** Counts up with each release of this name by one key: an older one is no longer activated. */
  serial: z.int().positive().optional(),
  task: z.enum(['binary', 'multiclass', 'regression', 'outlier']),
  profile: z.string(),
  input: z.strictObject({ name: z.string(), dtype: z.literal('float32').default('float32') }),
  features: z
    .array(writtenFeatureSchema)
    .min(1)
    .refine((written) => countPoints(written) <= mostFeatures, `more than ${mostFeatures} features`)
    .transform(everyPoint),
  output: z.strictObject({
    /** A float tensor output: [N, classes] probabilities, or [N] / [N,1] scores or values. */
    name: z.string(),
    /** `score`: of an outlier detector or a label; `value`: predicted, in a unit, with limits. */
    kind: z.enum(['probabilities', 'score', 'value']),
    /** Columns whose sum is the probability of a defect. */
    defectColumns: z.array(z.int().nonnegative()).default([1]),
    /** Which end of a score is bad; absent: `high`. */
    defectSide: z.enum(['high', 'low']).optional(),
    /** What a value is, e.g. the part's weight, and its unit. */
    title: textSchema.optional(),
    unit: z.string().optional(),
    decimals: z.int().min(0).max(6).optional(),
    /** A value outside is a defect. */
    limits: z.strictObject({ low: z.number().optional(), high: z.number().optional() }).optional(),
  }),
  classes: z
    .array(z.strictObject({ value: z.union([z.number(), z.string()]), title: textSchema }))
    .default([]),
  /**
   * A defect probability at or above this is a `defect`, a score at or beyond it. Of a value: how far
   * outside its limits it must lie, in its unit; 0 unless the model is known to be that far off.
   */
  threshold: z.number(),
  /** What to do with a cycle outside the training range. */
  outOfRange: z.enum(['flag', 'abstain']).default('flag'),
  /** What to do with a cycle that is unlike all training cycles together (`reference.json`); absent: flag. */
  novelty: z.enum(['flag', 'abstain']).optional(),
  /** What to do while an input is known to be wrong: frozen, or its decimal point moved; absent: flag. */
  drift: z.enum(['flag', 'abstain']).optional(),
  /** Molds it was trained on; `any`: it does not depend on the mold. */
  molds: z.union([z.literal('any'), z.array(z.string())]).default('any'),
  metrics: z.record(z.string(), z.unknown()).default({}),
  training: z.record(z.string(), z.unknown()).default({}),
});

export const goldenSchema = z.strictObject({
  /** Half-precision models need the most; more would let any model pass. */
  tolerance: z.number().positive().max(0.01).default(1e-5),
  /** `self-made`: outputs of this very model as it was added, not of its toolkit. */
  source: z.enum(['toolkit', 'self-made']).optional(),
  /** `inputs` in feature order, null = missing before encoding; `outputs` the named output's row. */
  vectors: z
    .array(
      z.strictObject({
        inputs: z.array(z.number().nullable()),
        outputs: z.array(z.number()),
      }),
    )
    .min(1)
    .max(10_000),
});

export type Manifest = z.output<typeof manifestSchema>;
export type ModelFeature = z.output<typeof modelFeatureSchema>;
export type Golden = z.output<typeof goldenSchema>;

/** Whose signature over a bundle was verified. */
export interface Signer {
  /** Key id, 32 hex digits. */
  readonly key: string;
  /** Name of the key's file in the trust directory. */
  readonly name: string;
}

/** A verified bundle on disk. */
export interface Bundle {
  readonly dir: string;
  readonly manifest: Manifest;
  readonly golden: Golden;
  /** How the training data were spread; null where the bundle does not say. */
  readonly reference: Reference | null;
  readonly modelPath: string;
  /** sha256 of model.onnx, hex. */
  readonly hash: string;
  /** Null: unsigned, shipped, or read without asking who signed it. */
  readonly signer: Signer | null;
}
