/**
 * What a data scientist hands over beside an export (facts.json): features in order, how a missing
 * value is encoded, the threshold, and golden inputs with the outputs their toolkit gave.
 */
import { z } from 'zod';

const goldenEntrySchema = z.looseObject({
  /** By the model's own feature names, or in their order. */
  inputs: z.union([z.record(z.string(), z.number().nullable()), z.array(z.number().nullable())]),
  /** One of these three. */
  outputs: z.array(z.number()).optional(),
  probabilities: z.union([z.array(z.number()), z.record(z.string(), z.number())]).optional(),
  p_fail: z.number().optional(),
});

const goldenListSchema = z.array(goldenEntrySchema);

export const factsSchema = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  profile: z.string().optional(),
  toolkit: z.string().optional(),
  trained_on: z.string().optional(),
  features: z.array(z.string()).min(1).optional(),
  /** Feature → the unit in which the model takes it. */
  units: z.record(z.string(), z.string()).optional(),
  missing: z.union([z.string(), z.number()]).optional(),
  positive_class: z.union([z.string(), z.number()]).optional(),
  /** Where several classes are defects. */
  positive: z.array(z.union([z.string(), z.number()])).optional(),
  task: z.enum(['binary', 'multiclass', 'regression', 'outlier']).optional(),
  /** The output to score by. */
  output: z.string().optional(),
  /** What the export left off its end, to be put back. */
  activation: z.enum(['sigmoid', 'softmax', 'none']).optional(),
  /** What stood before the export, to be put back: mean_ and scale_ of a StandardScaler. */
  scaler: z.strictObject({ mean: z.array(z.number()), scale: z.array(z.number()) }).optional(),
  /** Which end of a score is bad. */
  direction: z.enum(['high', 'low']).optional(),
  /** What a regressor predicts. */
  target: z
    .strictObject({
      title: z.strictObject({ ko: z.string(), en: z.string() }).optional(),
      unit: z.string().optional(),
      decimals: z.int().min(0).max(6).optional(),
    })
    .optional(),
  limits: z.strictObject({ low: z.number().optional(), high: z.number().optional() }).optional(),
  /** How far the outputs of the golden rows may be off; more than 1e-5 for reduced precision only. */
  tolerance: z.number().positive().max(0.01).optional(),
  /** Class label → what it means. */
  classes: z.record(z.string(), z.string()).optional(),
  threshold: z.number().optional(),
  validation: z.record(z.string(), z.unknown()).optional(),
  golden: goldenListSchema.optional(),
});

/** A golden file by itself: a list, or as bundles keep it. */
const goldenFileSchema = z.union([
  goldenListSchema,
  z.looseObject({ tolerance: z.number().optional(), vectors: goldenListSchema }),
]);

export type Facts = z.output<typeof factsSchema>;
export type GoldenEntry = z.output<typeof goldenEntrySchema>;

export type Read<T> = { readonly value: T } | { readonly faults: readonly string[] };

export function parseFacts(text: string): Read<Facts> {
  return read(text, factsSchema);
}

export function parseGoldenFile(text: string): Read<GoldenEntry[]> {
  const parsed = read(text, goldenFileSchema);
  if ('faults' in parsed) return parsed;
  return { value: Array.isArray(parsed.value) ? parsed.value : parsed.value.vectors };
}

function read<T>(text: string, schema: z.ZodType<T>): Read<T> {
  try {
    const result = schema.safeParse(JSON.parse(text));
    if (result.success) return { value: result.data };
    const faults = result.error.issues.map(
      (issue) => `${issue.path.join('.') || 'whole file'}: ${issue.message}`,
    );
    return { faults };
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    return { faults: [thrown.message] };
  }
}

/** `threshold`, or the only key that starts with it, as in `threshold_1pct_false_alarm`. */
export function factsThreshold(facts: Facts): number | null {
  if (facts.threshold !== undefined) return facts.threshold;
  const found = Object.entries(facts).filter(([key]) => key.startsWith('threshold_'));
  const [only] = found;
  return found.length === 1 && typeof only?.[1] === 'number' ? only[1] : null;
}
