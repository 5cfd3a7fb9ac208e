/** All outputs of a gateway that are written over buses, shown the same state together. */
import { PpuriError } from '../../config/errors.ts';
import { type BusOutputConfig, coilsOf, type OutputsConfig } from '../../config/outputs-schema.ts';
import type { AnyBus, WritableRegister } from '../../drivers/driver.ts';
import { coilRegisters } from './coil-writer.ts';
import type { OutputEvents, OutputStatus, PlantState } from './output.ts';
import { createOutput } from './registry.ts';

export interface OutputSet {
  /** Puts off what an earlier run may have left on. */
  start(): void;
  /** At the end of each turn of finished work; see `Output`. */
  show(state: PlantState): void;
  status(): readonly OutputStatus[];
  /** Puts everything off; before the buses are closed. */
  close(): Promise<void>;
}

interface Configured {
  readonly outputs: OutputsConfig;
}

function busOutputs({ outputs }: Configured): [string, BusOutputConfig][] {
  return Object.entries(outputs).flatMap(([name, output]): [string, BusOutputConfig][] =>
    'bus' in output ? [[name, output]] : [],
  );
}

/** Registers that outputs may write on the bus of this name: each output's own, nothing between. */
export function writableRegisters(config: Configured, bus: string): WritableRegister[] {
  return busOutputs(config).flatMap(([, output]) =>
    output.bus === bus
      ? coilRegisters(
          output.unit,
          coilsOf(output).map(({ address }) => address),
        )
      : [],
  );
}

/** Pure: nothing is written before `start`. Throws `config-invalid` for a bus that carries text. */
export function createOutputs(
  config: Configured,
  busOf: (name: string) => AnyBus,
  events: OutputEvents,
): OutputSet {
  const outputs = busOutputs(config).map(([name, output]) => {
    const bus = busOf(output.bus);
    if (bus.kind === 'registers') return createOutput(name, output, bus, events);
    throw new PpuriError('config-invalid', `"${output.bus}" carries text and cannot be written`, {
      operation: 'create outputs',
      subject: name,
      hint: 'give it a bus of registers',
    });
  });
  return {
    start: () => {
      for (const output of outputs) output.start();
    },
    show: (state) => {
      for (const output of outputs) output.show(state);
    },
    status: () => outputs.map((output) => output.status()),
    close: async () => {
      await Promise.all(outputs.map((output) => output.close()));
    },
  };
}

/** Whether anything can sound. */
export function hasBuzzer({ outputs }: Configured): boolean {
  return Object.values(outputs).some(
    (output) =>
      output.type === 'buzzer' ||
      (output.type === 'stack-light' && output.coils.buzzer !== undefined),
  );
}
