/** What the simulator's tests share: a plain Modbus client, and a reader as careful as the agent. */
import modbusSerial from 'modbus-serial';
import { onTestFinished } from 'vitest';
import { Codec } from '../../agent/simulator/codec.ts';
import type { Plant, PlantOptions } from '../../agent/simulator/plant.ts';
import { startPlant } from '../../agent/simulator/plant.ts';
import type { Profile } from '../../config/profile.ts';
import { decodeRaw } from '../../drivers/decode.ts';

/** A plant that is stopped when the test ends. */
export async function plantFor(options: PlantOptions): Promise<Plant> {
  const plant = await startPlant(options);
  onTestFinished(() => plant.stop());
  return plant;
}

type Client = InstanceType<typeof modbusSerial.default>;

export function clientOf(plant: Plant, unit: number): Promise<Client> {
  return clientAt(plant.port, unit);
}

/** modbus-serial's own client: an implementation of the protocol that is not ours. */
export async function clientAt(port: number, unit: number): Promise<Client> {
  const client = new modbusSerial.default();
  await client.connectTCP('127.0.0.1', { port });
  client.setID(unit);
  client.setTimeout(2000);
  onTestFinished(() => client.close(() => undefined));
  return client;
}

export interface SeenShot {
  readonly shot: number;
  readonly values: Readonly<Record<string, number | null>>;
}

/** Reads counter, block and counter once; null when the counter moved meanwhile. */
export async function readShot(client: Client, profile: Profile): Promise<SeenShot | null> {
  const signals = new Codec(profile).ofPoll('shot');
  const first = Math.min(...signals.map(({ register }) => register.address));
  const end = Math.max(...signals.map(({ register, words }) => register.address + words));
  const before = (await client.readHoldingRegisters(0, 1)).data[0];
  const block = (await client.readHoldingRegisters(first, end - first)).data;
  const after = (await client.readHoldingRegisters(0, 1)).data[0];
  if (before === undefined || before !== after) return null;
  const values = signals.map(({ name, spec, register, scale }) => {
    const raw = decodeRaw(block, register, register.address - first);
    const none =
      typeof raw !== 'number' || spec.missing.includes(raw) || spec.invalid.includes(raw);
    return [name, none ? null : scale(raw)] as const;
  });
  return { shot: before, values: Object.fromEntries(values) };
}
