/** How a machine's energy is measured: `energy` of a machine in ppuri.yaml. */
import { z } from 'zod';

const kW = z.number().positive().max(100_000);
const kg = z.number().positive().max(100_000);

export const energySchema = z.strictObject({
  signal: z
    .string()
    .describe(
      'A counting register of the machine’s devices, e.g. meter.importEnergy, or a pulse counter.',
    ),
  kwhPerPulse: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe('`signal` counts pulses, each so many kWh; absent: it counts in its own unit.'),
  powerSignal: z
    .string()
    .optional()
    .describe(
      'Active power of the same feed; says how energy lies between two readings of the register.',
    ),
  rollsOverAt: z
    .number()
    .positive()
    .optional()
    .describe(
      'Where the register starts again at 0, in its unit; absent: the profile’s, or its type’s.',
    ),
  resolutionKwh: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe('Smallest step of the register, where it is larger than its type shows.'),
  maxKw: kW
    .optional()
    .describe(
      'What the machine can draw at most; absent: what was seen says which jumps are none.',
    ),
  holdBelowKw: kW
    .optional()
    .describe(
      'A stopped machine below is on hold (heaters, furnace); absent: not told apart from idle.',
    ),
  offBelowKw: z
    .number()
    .min(0)
    .max(100_000)
    .optional()
    .describe('A stopped machine below is off; absent: 2 % of what production takes.'),
  kgPerShot: z
    .union([kg, z.record(z.string().min(1), kg)])
    .optional()
    .describe('Nominal weight of a shot, or by mold; absent: no kWh/kg, unless by `weightSignal`.'),
  weightSignal: z
    .string()
    .optional()
    .describe('Weight of each shot, of a scale among the devices, in kg or g.'),
});

export type EnergyConfig = z.output<typeof energySchema>;
