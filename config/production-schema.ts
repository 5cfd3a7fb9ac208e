/** When machines are meant to produce, what counts as a stop, and the reasons that people tap for one. */
import { z } from 'zod';

const span = z
  .string()
  .regex(
    /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/,
    'two times of day, e.g. "12:00-13:00"',
  );

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const reasonSchema = z.strictObject({
  code: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')
    .describe('Name in records and exports; keep it once it was used.'),
  ko: z.string().min(1).max(12).describe('What the button says in Korean.'),
  en: z.string().min(1).max(24).describe('What it says in English.'),
  time: z
    .enum(['loss', 'planned'])
    .default('loss')
    .describe('`loss`: it lowers availability; `planned`: no production was meant to be.'),
});

const usualReasons: z.input<typeof reasonSchema>[] = [
  { code: 'mold-change', ko: '금형교환', en: 'Mold change' },
  { code: 'material', ko: '자재대기', en: 'Waiting for material' },
  { code: 'breakdown', ko: '설비고장', en: 'Breakdown' },
  { code: 'quality', ko: '품질조정', en: 'Quality adjustment' },
  { code: 'cleaning', ko: '청소', en: 'Cleaning' },
  { code: 'rest', ko: '휴식', en: 'Break', time: 'planned' },
  { code: 'planned', ko: '계획정지', en: 'Planned stop', time: 'planned' },
  { code: 'other', ko: '기타', en: 'Other' },
];

export const productionSchema = z.strictObject({
  plannedHours: z
    .array(span)
    .max(12)
    .default([])
    .describe('Local hours in which machines are to produce, e.g. "08:00-20:00"; none: all day.'),
  plannedDays: z
    .array(z.enum(days))
    .min(1)
    .default([...days])
    .describe('Days on which such hours begin.'),
  breaks: z
    .array(span)
    .max(24)
    .default([])
    .describe(
      'Local breaks: a machine that stands then loses nothing, one that runs gains nothing.',
    ),
  stopAfterCycles: z
    .number()
    .min(1.2)
    .max(20)
    .default(2)
    .describe('No shot for so many usual cycles is a stop, for OEE and energy alike.'),
  microStopS: z
    .number()
    .min(0)
    .max(3600)
    .default(300)
    .describe('Shorter stops are micro-stops: counted apart, and no reason is asked.'),
  reasons: z
    .array(reasonSchema)
    .min(1)
    .max(12)
    .refine(
      (reasons) => new Set(reasons.map(({ code }) => code)).size === reasons.length,
      'each code once',
    )
    .prefault(usualReasons)
    .describe('Reasons of stops, as the buttons of the panel show them; absent: eight usual ones.'),
});

export const idealCycleSchema = z
  .union([
    z.number().min(0.1).max(86_400),
    z.record(z.string().min(1), z.number().min(0.1).max(86_400)),
  ])
  .describe(
    'Seconds of one cycle as planned, or by mold: `{ "A12": 42.5 }`. Absent: learned from the shots that were made.',
  );

export type ProductionConfig = z.output<typeof productionSchema>;
export type ReasonConfig = ProductionConfig['reasons'][number];
