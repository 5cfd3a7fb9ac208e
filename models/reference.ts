/**
 * `reference.json` of a bundle: how the training data were spread. Drift and novelty are measured
 * against it; a bundle without one is measured against this machine's own good shots only.
 */
import { z } from 'zod';

const shareSlack = 1e-6;

/** Shares of values between ascending cut points: `edges.length + 1` bins, the outer two open. */
export const histogramSchema = z
  .strictObject({
    /** Cut points, ascending; a value equal to one lies in the bin above it. */
    edges: z.array(z.number()),
    /** Of the present values, 0 … 1, summing to 1. */
    shares: z.array(z.number().nonnegative()),
    /** Share of cycles in which the value was missing, 0 … 1. */
    missing: z.number().min(0).max(1).default(0),
  })
  .refine(({ edges, shares }) => shares.length === edges.length + 1, 'one share more than edges')
  .refine(({ edges }) => edges.every((edge, at) => at === 0 || edge > (edges[at - 1] ?? edge)), {
    message: 'edges must ascend',
  })
  .refine(({ shares }) => Math.abs(shares.reduce((sum, one) => sum + one, 0) - 1) < shareSlack, {
    message: 'shares must sum to 1',
  });

/** Distance of a row from the good training rows: sqrt(zᵀ · inverse · z), z = (x − center) / scale. */
export const noveltySchema = z.strictObject({
  /** In the model's feature order; a missing value takes its center. */
  center: z.array(z.number()),
  scale: z.array(z.number().positive()),
  /** Inverse of the correlation of z, row by row. */
  inverse: z.array(z.array(z.number())),
  /** A row further away than this was not seen in training. */
  limit: z.number().positive(),
});

export const referenceSchema = z.strictObject({
  /** Training cycles it was made from. */
  shots: z.int().positive(),
  /** By profile feature (`from` of the manifest). */
  features: z.record(z.string(), histogramSchema),
  /** Of what the judge compares with the threshold. */
  scores: histogramSchema.optional(),
  novelty: noveltySchema.optional(),
});

export type Histogram = z.output<typeof histogramSchema>;
export type Novelty = z.output<typeof noveltySchema>;
export type Reference = z.output<typeof referenceSchema>;
