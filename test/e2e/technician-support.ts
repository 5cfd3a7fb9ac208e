/** One machine with a small profile on one bus, probed in this process. */

import { type ProbedBus, probe } from '../../agent/cli/probe-run.ts';
import { Progress } from '../../agent/cli/progress.ts';
import type { Diagnosis } from '../../agent/survey/causes.ts';
import { type Profile, profileSchema } from '../../config/profile.ts';
import { type BusConfig, configSchema } from '../../config/schema.ts';
import { encodeRaw, type WordOrder } from '../../drivers/decode.ts';
import type { Registers } from '../fixtures/register-device.ts';

const title = (name: string) => ({ ko: name, en: name });

/** A temperature, a state bit, an active power and an energy. */
export const profile = profileSchema.parse({
  id: 'shop-meter',
  version: 1,
  title: title('meter'),
  facts: { source: 'made for tests' },
  modbus: { maxGapWords: 4 },
  signals: {
    temperature: {
      title: title('temperature'),
      at: 'holding 10',
      type: 'int16',
      scale: 0.1,
      unit: '°C',
      range: [5, 900],
      invalid: [31000],
    },
    power: {
      title: title('power'),
      at: 'holding 20',
      type: 'float32',
      unit: 'kW',
      range: [1, 500],
    },
    energy: {
      title: title('energy'),
      at: 'holding 22',
      type: 'uint32',
      unit: 'kWh',
      range: [1, 1e6],
    },
    running: { title: title('running'), at: 'coil 3', type: 'bit' },
  },
  testVectors: [{ at: 'holding 10', words: [250], expect: { temperature: 25 } }],
});

const words = (value: number, type: 'float32' | 'uint32', order: WordOrder): number[] =>
  encodeRaw(value, { table: 'holding', address: 0, type, order, bit: null });

/** What such a meter holds when all is well. `shift` moves every register, `order` swaps words. */
export function meterRegisters({
  shift = 0,
  order = 'ABCD' as WordOrder,
  table = 'holding',
} = {}): Registers {
  const [p0 = 0, p1 = 0] = words(87.5, 'float32', order);
  const [e0 = 0, e1 = 0] = words(123_456, 'uint32', order);
  const at = (address: number): string => `${table} ${address + shift}`;
  return {
    [at(10)]: 253,
    [at(20)]: p0,
    [at(21)]: p1,
    [at(22)]: e0,
    [at(23)]: e1,
    'coil 3': 1,
  };
}

export interface ProbeTry {
  readonly bus: BusConfig;
  /** Unit of each device, all with the same profile. */
  readonly units?: readonly number[];
  readonly trySettings?: boolean;
  /** Absent: the shop meter. */
  readonly as?: Profile;
}

export async function probeWith({
  bus,
  as = profile,
  units = [1],
  trySettings = false,
}: ProbeTry): Promise<ProbedBus> {
  const machines = units.map((unit) => ({
    id: `m${unit}`,
    profile: 'shop-meter',
    devices: { plc: { bus: 'line', unit } },
  }));
  const config = configSchema.parse({ gateway: { id: 'gw' }, buses: { line: bus }, machines });
  const progress = silentProgress();
  const stop = new AbortController().signal;
  const profiles = new Map([['shop-meter', as]]);
  const options = { config, profiles, machine: null, trySettings, progress, stop };
  const [probed] = await probe(options);
  if (probed === undefined) throw new Error('nothing was probed');
  return probed;
}

const nothing = (): void => undefined;
const silent = {
  line: nothing,
  note: nothing,
  json: nothing,
  color: false,
  closed: new Promise<void>(nothing),
};

export const silentProgress = (): Progress => new Progress(silent, false);

/** Cause and remedy of each diagnosis. */
export function told(probed: ProbedBus): (readonly [Diagnosis['cause'], string | null])[] {
  return probed.causes.map(({ cause, remedy }) => [cause, remedy] as const);
}

export const tcpBus = (port: number, timeoutMs = 150): BusConfig => ({
  type: 'modbus-tcp',
  host: '127.0.0.1',
  port,
  timeoutMs,
});

export const converterBus = (port: number, timeoutMs = 150): BusConfig => ({
  type: 'modbus-rtu-tcp',
  host: '127.0.0.1',
  port,
  echo: 'none',
  timeoutMs,
});

export const serialBus = (path: string, baudRate = 19_200): BusConfig => ({
  type: 'modbus-rtu',
  path,
  baudRate,
  parity: 'none',
  stopBits: 1,
  echo: 'none',
  timeoutMs: 150,
});
