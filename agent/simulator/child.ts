/** Role `simulate`: plants in a process of their own, so that they take no time from the agent's. */
import { PpuriError } from '../../config/errors.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { openConverterPort } from './byte-carrier.ts';
import { type LineServer, startLineServer } from './line-server.ts';
import { type Plant, type PlantOptions, startPlant } from './plant.ts';
import {
  type FromSimulator,
  isToSimulator,
  type RemoteLine,
  type RemotePlant,
  type ToSimulator,
} from './protocol.ts';
import { PtyLine } from './pty-line.ts';

const meterProfile = 'eastron-sdm630';
const host = '127.0.0.1';

/** Serves until the parent says `stop` or is gone. */
export async function runSimulateChild(): Promise<void> {
  const plants: Plant[] = [];
  const lines: LineServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([
      ...plants.map((plant) => plant.stop()),
      ...lines.map((line) => line.close()),
    ]);
    process.exit(0);
  };
  // Ctrl-C at a terminal reaches every process; the parent decides when this one ends.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => void stop());
  process.on('message', (message) => {
    if (!isToSimulator(message)) return;
    if (message.type === 'stop') void stop();
    else if (message.type === 'start') void startAll(message, plants, lines);
    else if (message.type === 'traffic')
      send({ type: 'traffic', plants: plants.map((plant) => plant.traffic()) });
    else {
      for (const plant of plants) plant.stopShots();
      send({ type: 'shots-stopped' });
    }
  });
}

async function startAll(
  wanted: Extract<ToSimulator, { type: 'start' }>,
  plants: Plant[],
  lines: LineServer[],
): Promise<void> {
  try {
    for (const [index, remote] of wanted.plants.entries()) {
      const plant = await startPlant(optionsOf(remote));
      plants.push(plant);
      plant.on('shot', (shot) => send({ type: 'shot', plant: index, shot }));
      plant.on('write', (write) => send({ type: 'write', plant: index, write }));
      plant.on('ended', (machine) => send({ type: 'ended', plant: index, machine }));
    }
    const linePorts: number[] = [];
    for (const remote of wanted.lines ?? []) {
      const { server, port } = await openLine(remote);
      lines.push(server);
      linePorts.push(port);
    }
    const replays = Object.fromEntries(plants.flatMap((plant) => [...plant.replays]));
    send({ type: 'started', ports: plants.map(({ port }) => port), linePorts, replays });
  } catch (thrown) {
    send({ type: 'failed', error: failureOf(thrown) });
  }
}

async function openLine({ path, profile, units, seed, byteMs }: RemoteLine) {
  const port = path === undefined ? await openConverterPort({ host, port: 0 }) : null;
  const carrier = port ?? (await PtyLine.open(path));
  const options = { profile: loadProfile(profile), carrier, units, seed, byteMs };
  return { server: startLineServer(options), port: port?.port ?? 0 };
}

function optionsOf({ machines, meters, ...where }: RemotePlant): PlantOptions {
  const metered = machines.some(({ meterUnit }) => meterUnit !== undefined);
  return {
    ...where,
    machines: machines.map((machine) => ({ ...machine, profile: loadProfile(machine.profile) })),
    ...(meters === undefined
      ? {}
      : { meters: meters.map((one) => ({ ...one, profile: loadProfile(one.profile) })) }),
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
