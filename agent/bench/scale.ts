/** A configuration for more or fewer machines than it has: its own, again and again. */
import type { Config } from '../../config/schema.ts';

/** The first `count` machines of endless repetitions, each repetition on buses of its own. */
export function scaleConfig(config: Config, count: number): Config {
  const machines = Array.from({ length: count }, (_, i) => repeated(config, i));
  const used = new Set(machines.flatMap(({ devices }) => Object.values(devices).map((d) => d.bus)));
  const rounds = Math.ceil(count / config.machines.length);
  const buses = Array.from({ length: rounds }, (_, round) =>
    Object.entries(config.buses).map(([name, bus]) => [inRound(name, round), bus] as const),
  ).flat();
  const outputs = Object.entries(config.outputs).filter(
    ([, output]) => !('bus' in output) || used.has(output.bus),
  );
  return {
    ...config,
    machines,
    buses: Object.fromEntries(buses.filter(([name]) => used.has(name) || isOfOutput(config, name))),
    outputs: Object.fromEntries(outputs),
  };
}

/** The bus of an output alone stays, whatever machines there are. */
function isOfOutput({ machines, outputs }: Config, name: string): boolean {
  const ofMachine = machines.some(({ devices }) =>
    Object.values(devices).some(({ bus }) => bus === name),
  );
  const ofOutput = Object.values(outputs).some((output) => 'bus' in output && output.bus === name);
  return ofOutput && !ofMachine;
}

function repeated(config: Config, index: number): Config['machines'][number] {
  const machine = config.machines[index % config.machines.length];
  if (machine === undefined) throw new Error('a configuration has at least one machine');
  const round = Math.floor(index / config.machines.length);
  const devices = Object.entries(machine.devices).map(([name, device]) => [
    name,
    { ...device, bus: inRound(device.bus, round) },
  ]);
  return { ...machine, id: inRound(machine.id, round), devices: Object.fromEntries(devices) };
}

function inRound(name: string, round: number): string {
  return round === 0 ? name : `${name}-${round + 1}`;
}
