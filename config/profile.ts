/**
 * The shape of a machine profile (`config/profiles/<id>.yaml`): a device as data. Addresses are
 * 0-based PDU addresses. Raw sentinels are compared before scale and offset are applied.
 */
import { z } from 'zod';
import { maxCurvePoints } from './curve-points.ts';
import { lineSchema, lineSignalShape, lineVectorSchema } from './line-dialect.ts';

export const textSchema = z.strictObject({ ko: z.string().min(1), en: z.string().min(1) });

const addressPattern = /^(holding|input|coil|discrete) (0x[0-9a-fA-F]+|\d+)(\.(1[0-5]|\d))?$/;
const signalPattern = new RegExp(
  `${addressPattern.source}|^line [a-z][A-Za-z0-9]*( hex| signed-hex)?$`,
);
const addressRule = 'write `holding 12`, `input 0x34`, `coil 3`, `discrete 7` or `holding 12.3`';
const signalName = z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'a name in camelCase: biscuitThickness');

const profileName = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and hyphens');

export const registerTypes = [
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float32',
  'float64',
  'bcd16',
  'bcd32',
  'bit',
  'text',
] as const;

export const signalSchema = z.strictObject({
  title: textSchema,
  /**
   * `holding 12`, `input 0x34`, `coil 3`, `discrete 7`, or one bit of a register: `holding 12.3`.
   * Of an instrument that speaks text, a group of its message: `line weight`, `line pv signed-hex`.
   */
  at: z.string().regex(signalPattern, addressRule),
  type: z.enum(registerTypes).default('uint16'),
  /** Characters of a `text`, two in each register. */
  length: z.int().min(1).max(64).optional(),
  /** Word and byte order of multi-word values and of text; absent: the profile's. */
  order: z.enum(['ABCD', 'CDAB', 'BADC', 'DCBA']).optional(),
  scale: z.number().default(1),
  offset: z.number().default(0),
  /** The signal that says how many decimals the raw number has: 1234 with 1 is 123.4. */
  decimalPoint: z.string().optional(),
  /** `quadrant-power-factor`: Schneider's code from −2 to 2 becomes a power factor, −1 to 1. */
  coding: z.enum(['plain', 'quadrant-power-factor']).default('plain'),
  unit: z.string().default(''),
  decimals: z.int().min(0).max(6).default(0),
  /** Values outside, after scaling, are `invalid`. */
  range: z.tuple([z.number(), z.number()]).optional(),
  /** Raw words that mean "no value": quality `missing`. */
  missing: z.array(z.number()).default([]),
  /** Raw words that mean "sensor broken": quality `invalid`. */
  invalid: z.array(z.number()).default([]),
  /** The same raw value for this many cycles in a row: quality `stale`. */
  frozenAfterCycles: z.int().positive().optional(),
  /** `trigger` fast, `shot` in the snapshot, `slow` at its own pace. */
  poll: z.enum(['trigger', 'shot', 'slow']).default('shot'),
  everyMs: z.int().positive().default(1000),
  /** A slow value older than this at the snapshot is `stale`; absent: 3 × everyMs. */
  staleAfterMs: z.int().positive().optional(),
  /** Of a counting register: it starts again at 0 here, in the signal's unit; absent: as its type does. */
  rollsOverAt: z.number().positive().optional(),
  /** Not every installation has it: its absence never suppresses or scores anything. */
  presence: z.enum(['required', 'optional']).default('required'),
  ...lineSignalShape,
});

export const cycleSchema = z.strictObject({
  trigger: z.discriminatedUnion('on', [
    z.strictObject({ on: z.literal('change'), signal: z.string() }),
    z.strictObject({ on: z.literal('rise'), signal: z.string() }),
    z.strictObject({ on: z.literal('fall'), signal: z.string() }),
    /** From rise to fall: one cycle per high period. */
    z.strictObject({ on: z.literal('high'), signal: z.string() }),
    z.strictObject({ on: z.literal('interval'), everyMs: z.int().positive() }),
  ]),
  /** How often the trigger is read. */
  pollMs: z.int().positive().default(10),
  /** The signal that names the mold or recipe. */
  mold: z.string().optional(),
  /** Largest forward jump of the counter that still counts as missed shots, not as a reset. */
  maxMissed: z.int().nonnegative().default(50),
});

export const featureSchema = z.strictObject({
  from: z.string(),
  take: z
    .enum(['last', 'mean', 'min', 'max', 'std', 'slope', 'timeAbove', 'increase', 'curve'])
    .default('last'),
  /** For curve: values evenly over the cycle, each a feature of its own, `name.0`, `name.1` … */
  points: z.int().min(2).max(maxCurvePoints).optional(),
  /** What it is taken over: this cycle's samples, the last n cycles of this mold, or seconds. */
  over: z
    .union([
      z.literal('cycle'),
      z.strictObject({ cycles: z.int().min(2) }),
      z.strictObject({ seconds: z.number().positive() }),
    ])
    .default('cycle'),
  /** For timeAbove: the level, in the signal's unit. */
  above: z.number().optional(),
  /** Absent: the signal's. */
  title: textSchema.optional(),
  unit: z.string().optional(),
  decimals: z.int().min(0).max(6).optional(),
});

const conditionSchema = z.strictObject({
  signal: z.string(),
  equals: z.number().optional(),
  notEquals: z.number().optional(),
  above: z.number().optional(),
  below: z.number().optional(),
});

export const suppressSchema = z.union([
  /** `cycles`: how many cycles from the first one that meets the condition. */
  z.strictObject({
    reason: z.string(),
    when: conditionSchema,
    cycles: z.int().positive().default(1),
  }),
  z.strictObject({
    reason: z.string(),
    afterIdleS: z.number().positive(),
    cycles: z.int().positive(),
  }),
]);

export const limitSchema = z.strictObject({
  low: z.number().optional().describe('A value below is a breach; in the feature’s unit.'),
  high: z.number().optional().describe('A value above is a breach; in the feature’s unit.'),
  defect: z
    .string()
    .optional()
    .describe('The defect this breach points to; absent: the cause is the feature itself.'),
});

export const defectSchema = z.strictObject({
  title: textSchema,
  /** Features that move with it, and which way. Earlier ones weigh more. */
  pattern: z.array(
    z.strictObject({ feature: z.string(), towards: z.enum(['low', 'high', 'off']) }),
  ),
  action: textSchema,
});

export const testVectorSchema = z.strictObject({
  /** First register of `words`, as in a signal's `at`. */
  at: z.string().regex(addressPattern, addressRule),
  words: z.array(z.int().min(0).max(65535)).min(1),
  /** Values that signals outside `words` have at that moment, e.g. a decimal point. */
  given: z.record(z.string(), z.number()).default({}),
  /** Signal → value after scaling, its text, or the quality it must have. */
  expect: z.record(
    z.string(),
    z.union([
      z.number(),
      z.enum(['missing', 'invalid']),
      z.strictObject({ text: z.string().min(1) }),
    ]),
  ),
});

export const replaySchema = z.strictObject({
  /** Signal → CSV column names it may be found under (compared without case and outer spaces). */
  columns: z.record(z.string(), z.array(z.string())),
  /** Signal → CSV text → raw value, e.g. tryShot: { A: 0, D: 1 }. */
  values: z.record(z.string(), z.record(z.string(), z.number())).default({}),
  /** Signal → prefix to strip, e.g. moldCode: CODE_. */
  strip: z.record(z.string(), z.string()).default({}),
});

export const profileSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case letters, digits and hyphens'),
  version: z.int().positive(),
  title: textSchema,
  /** What the UI calls one cycle. */
  cycleWord: textSchema.default({ ko: '샷', en: 'shot' }),
  /** Where the facts come from, and which to check on site. */
  facts: z.strictObject({
    source: z.string(),
    confirmed: z.array(z.string()).default([]),
    checkOnSite: z.array(z.string()).default([]),
  }),
  modbus: z
    .strictObject({
      order: z.enum(['ABCD', 'CDAB', 'BADC', 'DCBA']).default('ABCD'),
      maxReadWords: z.int().min(1).max(125).default(120),
      maxReadBits: z.int().min(1).max(2000).default(2000),
      /** Unused registers worth reading over rather than starting another request. */
      maxGapWords: z.int().min(0).max(124).default(16),
      /** Protects weak PLCs: least time between two requests to this device. */
      minRequestGapMs: z.number().min(0).default(0),
    })
    .prefault({}),
  /** There for an instrument that speaks text; absent for a device with registers. */
  line: lineSchema.optional(),
  signals: z.record(signalName, signalSchema),
  /** Absent: an accessory (a meter, a controller) read along with a machine. */
  cycle: cycleSchema.optional(),
  features: z.record(signalName, featureSchema).default({}),
  suppress: z.array(suppressSchema).default([]),
  /** The machine has stopped itself: its alarm bit or state, a signal that is polled `slow`. */
  interlock: z.strictObject({ when: conditionSchema }).optional(),
  limits: z.record(z.string(), limitSchema).default({}),
  defects: z.record(profileName, defectSchema).default({}),
  replay: replaySchema.optional(),
  /** Of registers, or of messages where there is a section `line`. */
  testVectors: z.array(z.union([testVectorSchema, lineVectorSchema])).min(1),
});

export type Profile = Omit<z.output<typeof profileSchema>, 'features'> & {
  features: Record<string, FeatureSpec>;
};
export type SignalSpec = z.output<typeof signalSchema>;
export type CycleSpec = z.output<typeof cycleSchema>;
/** `point`: which of a curve's points this feature is; never written, made on loading. */
export type FeatureSpec = z.output<typeof featureSchema> & { readonly point?: number };
export type SuppressSpec = z.output<typeof suppressSchema>;
export type LimitSpec = z.output<typeof limitSchema>;
export type ConditionSpec = z.output<typeof conditionSchema>;
export type DefectSpec = z.output<typeof defectSchema>;
export type Localized = z.output<typeof textSchema>;
