/**
 * The one schema of ppuri.yaml: source of defaults, config/schema.json and the README's table.
 * Every option has a description; unit-suffixed names; enums, not booleans.
 */
import { z } from 'zod';
import { carbonSchema, fuelMeterSchema, furnaceSchema } from './carbon-schema.ts';
import { energySchema } from './energy-schema.ts';
import { outputsSchema } from './outputs-schema.ts';
import { panelSchema } from './panel-schema.ts';
import { idealCycleSchema, productionSchema } from './production-schema.ts';
import { limitSchema } from './profile.ts';
import { syncSchema } from './sync-schema.ts';
import { modelSchema, trialSchema } from './trial-schema.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and hyphens');

export const gatewaySchema = z.strictObject({
  id: name.describe('Name of this gateway, part of every record’s key.'),
  site: name.default('site').describe('Name of the plant.'),
  locale: z.enum(['ko', 'en']).default('ko').describe('Language of alerts for operators.'),
  clock: z
    .enum(['auto', 'trusted'])
    .default('auto')
    .describe('`auto`: the system says whether its clock is set; `trusted`: it always is.'),
  shifts: z
    .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, e.g. "08:00"'))
    .min(1)
    .max(12)
    .default(['08:00', '20:00'])
    .describe('Local times at which shifts begin; absent: 08:00 and 20:00.'),
});

const timeoutMs = z.int().min(10).max(60_000).default(500).describe('Longest wait for one reply.');
const host = z.string().min(1).describe('Address of the device, gateway or converter.');
const port = z.int().min(1).max(65535);
const baudRate = z.int().min(300).max(4_000_000);

const serialPort = {
  path: z
    .string()
    .min(1)
    .optional()
    .describe('Serial port, best as /dev/serial/by-id/…, which keeps its name.'),
  serialNumber: z
    .string()
    .min(1)
    .optional()
    .describe('Instead of `path`: the USB serial number of the adapter.'),
  baudRate: baudRate.default(9600).describe('Bits per second on the line.'),
  parity: z.enum(['none', 'even', 'odd']).default('none').describe('Parity bit.'),
  stopBits: z
    .union([z.literal(1), z.literal(2)])
    .default(1)
    .describe('Stop bits.'),
};

const rtuLine = {
  silenceMs: z
    .number()
    .min(0)
    .max(1000)
    .optional()
    .describe('Least silence between frames; absent: 3.5 characters, at least 1.75 ms.'),
  echo: z
    .enum(['none', 'cancel'])
    .default('none')
    .describe('`cancel`: the adapter hears its own requests, and they are taken off.'),
};

const lineEnd = {
  delimiter: z
    .string()
    .min(1)
    .optional()
    .describe('End of a message, instead of the profile’s; e.g. "\\r\\n".'),
};

export const busSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('modbus-tcp').describe('Kind of bus.'),
    host,
    port: port.default(502).describe('TCP port.'),
    timeoutMs,
  }),
  z.strictObject({
    type: z.literal('modbus-rtu').describe('Modbus RTU on a serial port.'),
    ...serialPort,
    ...rtuLine,
    timeoutMs,
  }),
  z.strictObject({
    type: z.literal('modbus-rtu-tcp').describe('Modbus RTU through a serial converter.'),
    host,
    port: port.describe('TCP port of the converter.'),
    baudRate: baudRate.optional().describe('Of the line behind the converter, for its silences.'),
    ...rtuLine,
    timeoutMs,
  }),
  z.strictObject({
    type: z.literal('serial-line').describe('Instruments that speak text, on a serial port.'),
    ...serialPort,
    dataBits: z
      .union([z.literal(7), z.literal(8)])
      .default(8)
      .describe('Data bits.'),
    ...lineEnd,
    timeoutMs,
  }),
  z.strictObject({
    type: z.literal('serial-line-tcp').describe('The same through a serial converter.'),
    host,
    port: port.describe('TCP port of the converter.'),
    ...lineEnd,
    timeoutMs,
  }),
]);

export const deviceSchema = z.strictObject({
  bus: z.string().describe('A name under `buses`.'),
  unit: z.int().min(0).max(255).default(1).describe('Modbus unit id.'),
  profile: z
    .string()
    .optional()
    .describe('Profile of a meter or controller; `plc` has the machine’s.'),
});

export const rejectSchema = z.strictObject({
  device: z.string().default('plc').describe('A name under the machine’s `devices`.'),
  coil: z.int().min(0).max(65535).optional().describe('Coil to pulse (0-based).'),
  register: z.int().min(0).max(65535).optional().describe('Holding register to pulse (0-based).'),
  value: z
    .int()
    .min(0)
    .max(65535)
    .default(1)
    .describe('Value written to the register; 0 ends the pulse.'),
  pulseMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(500)
    .describe('Length of the pulse; 0 leaves it set for the PLC to clear.'),
});

export const machineSchema = z.strictObject({
  id: name.describe('Name of the machine, part of every record.'),
  name: z.string().optional().describe('What operators call it, e.g. 3호기; absent: the id.'),
  profile: z.string().describe('A shipped profile id, or a path to a profile file.'),
  devices: z
    .record(name, deviceSchema)
    .describe('The units this machine is read from; `plc` is the machine itself.'),
  model: modelSchema.optional(),
  pollMs: z
    .int()
    .min(1)
    .max(60_000)
    .optional()
    .describe(
      'How often the trigger is read; absent: the profile’s, and less often while no shot is due.',
    ),
  deadlineMs: z
    .int()
    .min(1)
    .max(60_000)
    .default(20)
    .describe('Snapshot complete → verdict; later is `unscored`.'),
  hardLimitMs: z
    .int()
    .min(10)
    .max(600_000)
    .default(200)
    .describe('Inference longer than this is killed.'),
  limits: z
    .union([z.enum(['profile', 'none']), z.record(z.string(), limitSchema)])
    .default('profile')
    .describe(
      'Rule limits: the profile’s, none, or your own by feature (the rest stay the profile’s).',
    ),
  parts: z
    .array(z.string().min(1).max(40))
    .max(64)
    .default([])
    .describe('Parts of one shot that are inspected apart, e.g. cavities; absent: one part.'),
  energy: energySchema.optional().describe('What measures its energy; absent: nothing does.'),
  idealCycleS: idealCycleSchema.optional(),
  reject: rejectSchema.optional().describe('Signal that diverts the part on a `defect` verdict.'),
  furnace: furnaceSchema
    .optional()
    .describe('Of a melting or holding furnace: what its heats, holding and lid are measured by.'),
  fuels: z
    .array(fuelMeterSchema)
    .max(8)
    .default([])
    .describe('Meters of the fuel that the machine burns, for its emissions (scope 1).'),
});

const days = z.number().min(0).max(36_500).default(0);

const keepSchema = z.strictObject({
  readingsDays: days.describe('Days of running for raw readings; 0: until the cap needs the room.'),
  featuresDays: days.describe('The same for features.'),
  recordsDays: days.describe(
    'The same for shots with their verdicts and energy, stops, and events.',
  ),
});

export const storeSchema = z.strictObject({
  path: z.string().default('/var/lib/ppuri').describe('Directory of the store.'),
  maxMiB: z
    .int()
    .min(16)
    .max(1_048_576)
    .default(2048)
    .describe('Cap of the store’s file; near it the oldest raw readings go first, labels last.'),
  keep: keepSchema.prefault({}).describe('Longest time to keep what, whatever room there is.'),
});

export const modelsSchema = z.strictObject({
  trust: z
    .string()
    .min(1)
    .default('/etc/ppuri/trust')
    .describe('Directory of public keys (*.pub) whose bundles are taken.'),
  unsigned: z
    .enum(['until-keyed', 'allow', 'refuse'])
    .default('until-keyed')
    .describe(
      'Bundles without a signature; `until-keyed`: taken as long as `trust` holds no key. Shipped ones always are.',
    ),
});

export const alertsSchema = z.strictObject({
  callsPerHour: z
    .int()
    .min(1)
    .max(60)
    .default(5)
    .describe(
      'Calls for attention an operator gets in an hour, all machines together; beyond them 주의 (caution) is told together. 경고 (warning) always calls, but for a flood.',
    ),
});

export const configSchema = z.strictObject({
  gateway: gatewaySchema.describe('Name and place of this gateway.'),
  buses: z.record(name, busSchema).describe('Ports and TCP endpoints, each by a name of yours.'),
  machines: z.array(machineSchema).min(1).describe('The machines this gateway watches.'),
  outputs: outputsSchema
    .default({})
    .describe('Stack lights, buzzers and webhooks, each by a name of yours.'),
  panel: panelSchema.optional().describe('Pages of this gateway; absent: none are served.'),
  alerts: alertsSchema.prefault({}).describe('How alerts call for the operator.'),
  carbon: carbonSchema.prefault({}).describe('How energy is counted as emissions.'),
  production: productionSchema
    .prefault({})
    .describe('When machines are to produce, and their stops.'),
  trial: trialSchema.prefault({}).describe('How a new model proves itself before it decides.'),
  store: storeSchema.prefault({}).describe('Where records are kept.'),
  models: modelsSchema.prefault({}).describe('Which model bundles this site takes.'),
  sync: syncSchema.default([]).describe('Where records are delivered to; absent: nowhere.'),
});

export type Config = z.output<typeof configSchema>;
export type BusConfig = z.output<typeof busSchema>;
export type DeviceConfig = z.output<typeof deviceSchema>;
export type MachineConfig = z.output<typeof machineSchema>;
export type ModelsConfig = z.output<typeof modelsSchema>;
export type FurnaceConfig = z.output<typeof furnaceSchema>;
export type RejectConfig = z.output<typeof rejectSchema>;
