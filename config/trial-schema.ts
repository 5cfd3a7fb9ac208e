/** How new models are tried, and which model judges which mold. */
import { z } from 'zod';

/** As many models as one gateway holds loaded for one machine. */
const mostMolds = 32;

export const modelSchema = z
  .union([
    z.string().min(1),
    z.strictObject({
      default: z
        .string()
        .min(1)
        .optional()
        .describe('For every mold that is not listed; absent: their shots are `unknown-mold`.'),
      molds: z
        .record(z.string().min(1), z.string().min(1))
        .refine((molds) => Object.keys(molds).length <= mostMolds, `up to ${mostMolds} molds`)
        .describe('Mold, as the machine tells it → model.'),
    }),
  ])
  .describe(
    'Name of an added model, a shipped one, or a path to a bundle; or `{ default: …, molds: { "A12": … } }`, a model for each mold. Absent: rule limits only.',
  );

export const trialSchema = z.strictObject({
  shadowShots: z
    .int()
    .min(1)
    .max(100_000)
    .default(30)
    .describe('Shots that a new model judges unseen, beside the old one, before it decides.'),
  trialShots: z
    .int()
    .min(1)
    .max(100_000)
    .default(30)
    .describe('Shots that it then decides, with the old one beside it, before it stays.'),
  leastShots: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe('Shots with verdicts of both before their differing may count.'),
  maxDisagreement: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe(
      'Share of differing verdicts that is borne; beyond it with 95 % confidence the old model returns.',
    ),
  maxExtraLate: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe('Share of late answers beyond the old model’s that is borne, likewise.'),
  leastLabels: z
    .int()
    .min(1)
    .max(10_000)
    .default(8)
    .describe(
      'Inspected `defect` verdicts of each model before the new one’s precision is held against the old one’s.',
    ),
});

export type ModelConfig = z.output<typeof modelSchema>;

/** Each model that a machine's `model` names, with its mold; null: the default. */
export function modelsNamed(
  model: ModelConfig | undefined,
): readonly { readonly mold: string | null; readonly name: string }[] {
  if (model === undefined) return [];
  if (typeof model === 'string') return [{ mold: null, name: model }];
  const byDefault = model.default === undefined ? [] : [{ mold: null, name: model.default }];
  return [...byDefault, ...Object.entries(model.molds).map(([mold, name]) => ({ mold, name }))];
}
