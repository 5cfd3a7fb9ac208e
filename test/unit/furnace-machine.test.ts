import { expect, it, onTestFinished } from 'vitest';
import { FactorTable } from '../../agent/carbon/factors.ts';
import { Machine } from '../../agent/machine.ts';
import type { MachineSurroundings } from '../../agent/machine-contract.ts';
import type { RecordBody } from '../../agent/records.ts';
import type { MadeShot } from '../../agent/simulator/plant.ts';
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { machineSchema } from '../../config/schema.ts';
import { createBus } from '../../drivers/registry.ts';
import { plantFor } from './simulator-support.ts';

/** Simulated seconds a second: a heat takes some 12 s. */
const speed = 500;
const lookEveryMs = 40;

/** Slow signals are read as much faster as the furnace runs. */
function quickened(profile: Profile): Profile {
  const signals = Object.entries(profile.signals).map(
    ([name, spec]) => [name, { ...spec, everyMs: lookEveryMs, staleAfterMs: 5000 }] as const,
  );
  return { ...profile, signals: Object.fromEntries(signals) };
}

it('a furnace on Modbus gives a record of each heat, as its own block and the simulator have it', async () => {
  const profile = quickened(loadProfile('melting-furnace'));
  const made: MadeShot[] = [];
  const plant = await plantFor({
    machines: [{ id: 'mf-1', profile, unit: 1, seed: 4, speed, scenario: 'steady' }],
  });
  plant.on('shot', (shot) => made.push(shot));
  const { host, port } = plant;
  const bus = createBus('furnace', { type: 'modbus-tcp', host, port, timeoutMs: 1000 });
  onTestFinished(() => bus.close());
  const config = machineSchema.parse({
    ...{ id: 'mf-1', profile: 'melting-furnace', devices: { plc: { bus: 'furnace' } } },
    furnace: { targetC: 720, neededHoldMinutes: 15 },
    fuels: [{ fuel: 'lng', signal: 'gasTotal' }],
  });
  const kept: RecordBody[] = [];
  const two = Promise.withResolvers<void>();
  const around: MachineSurroundings = {
    ...{
      profileOf: () => profile,
      busOf: () => bus,
      stopAfterCycles: 2,
      timeScale: speed,
      phase: 0,
    },
    ...{ leastTriggerMs: 10, factors: new FactorTable(), shiftOf: () => 0 },
    predict: () => Promise.reject(new Error('a furnace without a model asked one')),
    predictAside: () => Promise.reject(new Error('a furnace without a model asked one')),
    ...{ rehearse: () => undefined, onVerdict: () => undefined, onAlert: () => undefined },
    ...{ present: (alerts) => alerts, standing: () => [], onRejected: () => undefined },
    onEvent: () => undefined,
    keep: (body) => {
      kept.push(body);
      if (kept.filter(({ kind }) => kind === 'heat').length === 2) two.resolve();
    },
  };
  const machine = new Machine(config, null, around);
  machine.start(null);
  const looking = setInterval(() => machine.look(), lookEveryMs);
  onTestFinished(() => clearInterval(looking));
  await two.promise;
  clearInterval(looking);
  await machine.stop();
  const heats = kept.flatMap((body) => (body.kind === 'heat' ? [body.heat] : []));
  const [first, second] = heats;
  const truth = made[1]?.values;
  expect(first?.heat).toBe(made[0]?.shot);
  expect(second).toMatchObject({
    ...{ machine: 'mf-1', heat: made[1]?.shot, alloy: '12', chargedKg: truth?.chargedWeight },
    ...{ returnKg: truth?.returnWeight, pouredKg: truth?.pouredWeight, charges: 2 },
  });
  // By its counter: what the ends of a heat are off by is what is used in a look or two.
  expect((second?.kWh ?? 0) / (truth?.heatEnergy ?? 1)).toBeGreaterThan(0.95);
  expect((second?.kWh ?? 0) / (truth?.heatEnergy ?? 1)).toBeLessThan(1.05);
  expect(kept.filter(({ kind }) => kind === 'cycle').length).toBeGreaterThanOrEqual(2);
  const [fuel] = kept.flatMap((body) => (body.kind === 'fuel' ? [body.fuel] : [])).slice(-1);
  expect(fuel).toMatchObject({
    machine: 'mf-1',
    fuel: 'lng',
    amount: 0,
    co2e: { kg: 0, scope: 1 },
  });
}, 120_000);
