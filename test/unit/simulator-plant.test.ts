import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type MadeShot, startPlant } from '../../agent/simulator/plant.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { clientOf, plantFor, readShot } from './simulator-support.ts';

const dieCasting = loadProfile('die-casting-cold-chamber');
const injection = loadProfile('injection-molding');
const meterProfile = loadProfile('eastron-sdm630');
const machine = { id: 'dc-01', profile: dieCasting, unit: 1, seed: 7, speed: 20 } as const;

describe('a plant', () => {
  it('says to a Modbus client exactly what it says it made', async () => {
    const plant = await plantFor({ machines: [{ ...machine, speed: 'max' }] });
    const made: MadeShot[] = [];
    plant.on('shot', (shot) => made.push(shot));
    const client = await clientOf(plant, 1);
    await client.readHoldingRegisters(0, 1);
    const seen = [];
    while (seen.length < 120) {
      const shot = await readShot(client, dieCasting);
      if (shot !== null && shot.shot !== seen.at(-1)?.shot && made.length > 0) seen.push(shot);
    }
    plant.stopShots();
    expect(seen).toEqual(made.slice(0, seen.length).map(({ shot, values }) => ({ shot, values })));
    expect(made.map(({ index }) => index)).toEqual(made.map((_, i) => i + 1));
  });

  it('waits for a first reader, then makes shots of several machines and products', async () => {
    const second = { ...machine, id: 'im-01', profile: injection, unit: 2, speed: 2000 };
    const plant = await plantFor({ machines: [{ ...machine, speed: 2000 }, second] });
    const seen = new Map<string, MadeShot[]>();
    const enough = Promise.withResolvers<void>();
    plant.on('shot', (shot) => {
      seen.set(shot.machine, [...(seen.get(shot.machine) ?? []), shot]);
      if ([...seen.values()].filter((shots) => shots.length >= 4).length === 2) enough.resolve();
    });
    const client = await clientOf(plant, 1);
    const start = (await client.readHoldingRegisters(0, 1)).data[0];
    client.setID(2);
    await client.readHoldingRegisters(0, 1);
    await enough.promise;
    expect(seen.get('dc-01')?.[0]?.shot).toBe((start ?? 0) + 1);
    expect(seen.get('im-01')?.[0]?.mold).toMatch(/^310/);
  });

  it('makes no more shots once told so, and stays readable', async () => {
    const plant = await plantFor({ machines: [{ ...machine, speed: 4000, begin: 'at-once' }] });
    await once(plant, 'shot');
    plant.stopShots();
    const client = await clientOf(plant, 1);
    const before = await readShot(client, dieCasting);
    const after = await readShot(client, dieCasting);
    expect(before).not.toBeNull();
    expect(after).toEqual(before);
  });

  it('reports writes to free coils and registers, refuses those to signals', async () => {
    const plant = await plantFor({ machines: [machine] });
    const client = await clientOf(plant, 1);
    const written = once(plant, 'write');
    await client.writeCoil(0, true);
    const [write] = await written;
    expect(write).toMatchObject({
      machine: 'dc-01',
      unit: 1,
      table: 'coil',
      address: 0,
      values: [1],
    });
    expect((await client.readCoils(0, 1)).data[0]).toBe(true);
    const register = once(plant, 'write');
    await client.writeRegisters(60, [5, 6]);
    expect((await register)[0]).toMatchObject({ table: 'holding', address: 60, values: [5, 6] });
    await expect(client.writeRegister(0, 9)).rejects.toMatchObject({ modbusCode: 2 });
  });

  it('answers for no unit or address it does not have', async () => {
    const plant = await plantFor({ machines: [machine] });
    const client = await clientOf(plant, 9);
    await expect(client.readHoldingRegisters(0, 1)).rejects.toMatchObject({ modbusCode: 11 });
    client.setID(1);
    await expect(client.readHoldingRegisters(60_000, 1)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.readHoldingRegisters(0, 126)).rejects.toMatchObject({ modbusCode: 3 });
  });

  it('takes requests in pieces and glued together, and drops a connection that speaks nonsense', async () => {
    const plant = await plantFor({ machines: [machine] });
    const socket = connect(plant.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const replies: Buffer[] = [];
    const two = Promise.withResolvers<void>();
    socket.on('data', (data: Buffer) => {
      replies.push(data);
      if (Buffer.concat(replies).length >= 22) two.resolve();
    });
    const request = Buffer.from([0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1]);
    const both = Buffer.concat([request, request]);
    for (const byte of both.subarray(0, 9)) socket.write(Buffer.from([byte]));
    socket.write(both.subarray(9));
    await two.promise;
    expect(Buffer.concat(replies).length).toBe(22);
    const closed = once(socket, 'close');
    socket.write(Buffer.from('GET / HTTP/1.1\r\n'));
    await closed;
  });

  it('moves slow values, and counts energy up while the machine runs', async () => {
    const metered = { ...machine, speed: 5000, meterUnit: 101, begin: 'at-once' as const };
    const plant = await plantFor({ machines: [metered], meterProfile });
    const client = await clientOf(plant, 101);
    const float = async (address: number): Promise<number> =>
      (await client.readInputRegisters(address, 2)).buffer.readFloatBE(0);
    const before = await float(0x48);
    expect(await float(0)).toBeGreaterThan(200);
    expect(await float(0x34)).toBeGreaterThan(10_000);
    expect(await float(0x46)).toBeCloseTo(60, 0);
    for (let i = 0; i < 3; i++) await once(plant, 'shot');
    let energy = before;
    while (energy === before) energy = await float(0x48);
    expect(energy).toBeGreaterThan(before);
    client.setID(1);
    const furnace = (await client.readInputRegisters(0, 3)).data;
    expect(furnace[0]).toBeGreaterThan(6400);
    expect(furnace[0]).toBeLessThan(7100);
  });

  it('wraps its counter, and starts again at 1 at a shift', async () => {
    const scenario = { counterStart: 65_533, counterResetShots: 6 };
    const plant = await plantFor({
      machines: [{ ...machine, speed: 'max', hold: 'no', scenario }],
    });
    const counters: number[] = [];
    const enough = Promise.withResolvers<void>();
    plant.on('shot', ({ shot }) => {
      counters.push(shot);
      if (counters.length === 8) enough.resolve();
    });
    await (await clientOf(plant, 1)).readHoldingRegisters(0, 1);
    await enough.promise;
    expect(counters.slice(0, 8)).toEqual([65_534, 65_535, 0, 1, 2, 1, 2, 3]);
  });

  it('refuses two devices on one unit, a port in use and a speed of nothing', async () => {
    await expect(startPlant({ machines: [machine, machine] })).rejects.toMatchObject({
      code: 'usage',
      subject: 'unit 1',
    });
    await expect(startPlant({ machines: [{ ...machine, speed: 0 }] })).rejects.toMatchObject({
      code: 'usage',
    });
    const plant = await plantFor({ machines: [machine] });
    await expect(startPlant({ port: plant.port, machines: [machine] })).rejects.toMatchObject({
      code: 'bus-unavailable',
    });
  });
});
