/** Every output there is on a bus: a new one adds one line here and its config to the union. */
import type { BusOutputConfig } from '../../config/outputs-schema.ts';
import type { Bus } from '../../drivers/driver.ts';
import { buzzer } from './buzzer.ts';
import type { Output, OutputEvents, OutputFactory } from './output.ts';
import { stackLight } from './stack-light.ts';

const factories: {
  readonly [Type in BusOutputConfig['type']]: OutputFactory<
    Extract<BusOutputConfig, { type: Type }>
  >;
} = {
  'stack-light': stackLight,
  buzzer,
};

export function createOutput(
  name: string,
  config: BusOutputConfig,
  bus: Bus,
  events: OutputEvents,
): Output {
  // A table by type gives the factory of that type; the compiler sees only that it gives one.
  const factory = factories[config.type] as OutputFactory<BusOutputConfig>;
  return factory.create(name, config, bus, events);
}
