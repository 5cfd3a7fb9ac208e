/** Role `simulate`: plants in a process of their own, so that they take no time from the agent's. */
import { PpuriError } from '../../config/errors.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { type Plant, type PlantOptions, startPlant } from './plant.ts';
import { type FromSimulator, isToSimulator, type RemotePlant } from './protocol.ts';

const meterProfile = 'eastron-sdm630';

/** Serves until the parent says `stop` or is gone. */
export async function runSimulateChild(): Promise<void> {
  const plants: Plant[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(plants.map((plant) => plant.stop()));
    process.exit(0);
  };
  // Ctrl-C at a terminal reaches every process; the parent decides when this one ends.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => void stop());
  process.on('message', (message) => {
    if (!isToSimulator(message)) return;
    if (message.type === 'stop') void stop();
    else if (message.type === 'start') void startAll(message.plants, plants);
    else if (message.type === 'traffic')
      send({ type: 'traffic', plants: plants.map((plant) => plant.traffic()) });
    else {
      for (const plant of plants) plant.stopShots();
      send({ type: 'shots-stopped' });
    }
  });
}

async function startAll(wanted: readonly RemotePlant[], plants: Plant[]): Promise<void> {
  try {
    for (const [index, remote] of wanted.entries()) {
      const plant = await startPlant(optionsOf(remote));
      plants.push(plant);
      plant.on('shot', (shot) => send({ type: 'shot', plant: index, shot }));
      plant.on('write', (write) => send({ type: 'write', plant: index, write }));
      plant.on('ended', (machine) => send({ type: 'ended', plant: index, machine }));
    }
    const replays = Object.fromEntries(plants.flatMap((plant) => [...plant.replays]));
    send({ type: 'started', ports: plants.map(({ port }) => port), replays });
  } catch (thrown) {
    send({ type: 'failed', error: failureOf(thrown) });
  }
}

function optionsOf({ machines, ...where }: RemotePlant): PlantOptions {
  const metered = machines.some(({ meterUnit }) => meterUnit !== undefined);
  return {
    ...where,
    machines: machines.map((machine) => ({ ...machine, profile: loadProfile(machine.profile) })),
    ...(metered ? { meterProfile: loadProfile(meterProfile) } : {}),
  };
}

function failureOf(thrown: unknown) {
  if (thrown instanceof PpuriError) {
    const { code, message, operation, subject, hint } = thrown;
    return { code, message, operation, subject, hint };
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return { code: 'internal', message, operation: 'start a plant', subject: 'simulator', hint: '' };
}

function send(message: FromSimulator): void {
  // Without a parent there is nobody to tell; `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}
