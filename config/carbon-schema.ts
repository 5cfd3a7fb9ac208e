/** Fuel meters, emission factors, and what a melting or holding furnace is to do. */
import { z } from 'zod';

export const fuelNames = ['lng', 'lpg', 'diesel'] as const;

/** `gasTotal`, or of another device of the machine: `meter.gasTotal`. */
const signalReference = z
  .string()
  .regex(/^([a-z][a-z0-9-]*\.)?[a-z][A-Za-z0-9]*$/, 'a signal, e.g. gasTotal or meter.gasTotal');

export const fuelMeterSchema = z.strictObject({
  fuel: z
    .enum(fuelNames)
    .describe('Counted in Nm³ (`lng`: city gas), kg (`lpg`: propane) or litres (`diesel`).'),
  signal: signalReference.describe('Its counter: a signal of the machine, polled `slow`.'),
  unitsPerCount: z
    .number()
    .positive()
    .default(1)
    .describe(
      'Nm³, kg or L for each 1 of the signal; a gas meter without correction counts m³ as they flow.',
    ),
  rollover: z
    .number()
    .positive()
    .optional()
    .describe('Value of the signal at which its dial begins anew; absent: a fall is a new meter.'),
});

export const furnaceSchema = z.strictObject({
  targetC: z.number().min(300).max(1800).describe('Bath temperature that a heat is poured at, °C.'),
  bandC: z
    .number()
    .positive()
    .max(200)
    .default(10)
    .describe('From so far below `targetC` on it counts as molten and ready, °C.'),
  neededHoldMinutes: z
    .number()
    .min(0)
    .max(1440)
    .optional()
    .describe('Holding that each heat needs (degassing, settling); absent: no excess is told.'),
  heatedBy: z
    .enum(['electricity', ...fuelNames])
    .default('electricity')
    .describe('What heats it; of a fuel the net heat counts as kWh.'),
  energySignal: signalReference
    .optional()
    .describe('Counter of that; absent: `energyTotal` (kWh), or `gasTotal` (Nm³, kg, L).'),
});

const day = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'a day: 2026-01-01');

export const factorSchema = z.strictObject({
  of: z.enum(['electricity', ...fuelNames]).describe('What it is a factor of.'),
  from: day.describe('First local day on which it is in force; records of before keep theirs.'),
  kgPerUnit: z
    .number()
    .positive()
    .describe('kg CO₂e of 1 kWh, Nm³ (`lng`), kg (`lpg`) or L (`diesel`).'),
  year: z.int().min(1990).max(2100).describe('Year that it is of.'),
  source: z.string().min(3).describe('Who published it, and where; goes into every record.'),
});

export const carbonSchema = z.strictObject({
  factors: z
    .array(factorSchema)
    .default([])
    .describe(
      'Emission factors of your own, by day; absent: the Korean grid’s (0.4173 kg/kWh, 2023) and the IPCC’s for fuels.',
    ),
});

export type FuelMeterConfig = z.output<typeof fuelMeterSchema>;
