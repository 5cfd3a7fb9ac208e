/** Every bus type there is: a new driver adds one line here and its config to the union. */
import { PpuriError } from '../config/errors.ts';
import type { AnyBus, Bus, LineBus } from './driver.ts';
import type { BusFactory, BusOptions } from './factory.ts';
import {
  type ModbusRtuConfig,
  type ModbusRtuTcpConfig,
  modbusRtu,
  modbusRtuTcp,
} from './modbus/modbus-rtu.ts';
import { type ModbusTcpConfig, modbusTcp } from './modbus/modbus-tcp.ts';
import {
  type SerialLineConfig,
  type SerialLineTcpConfig,
  serialLine,
  serialLineTcp,
} from './serial-line/serial-line.ts';

type RegisterBusConfig = ModbusTcpConfig | ModbusRtuConfig | ModbusRtuTcpConfig;
type LineBusConfig = SerialLineConfig | SerialLineTcpConfig;
export type BusConfig = RegisterBusConfig | LineBusConfig;

/** What a bus of this configuration is. */
export type BusOf<Config extends BusConfig> = Config extends LineBusConfig ? LineBus : Bus;

const factories: {
  readonly [Type in BusConfig['type']]: BusFactory<
    Extract<BusConfig, { type: Type }>,
    BusOf<Extract<BusConfig, { type: Type }>>
  >;
} = {
  'modbus-tcp': modbusTcp,
  'modbus-rtu': modbusRtu,
  'modbus-rtu-tcp': modbusRtuTcp,
  'serial-line': serialLine,
  'serial-line-tcp': serialLineTcp,
};

export const busTypes: readonly string[] = Object.keys(factories);

/** The exclusive resource of a bus: equal for two buses that clash. Throws `config-invalid`. */
export function endpointOf(config: BusConfig): string {
  return factoryOf(config).endpointOf(config);
}

/** One bus, not connected yet. Throws `config-invalid` for an unknown type. */
export function createBus<Config extends BusConfig>(
  name: string,
  config: Config,
  options: BusOptions = {},
): BusOf<Config> {
  return factoryOf(config).create(name, config, options);
}

/** The buses of one agent: never two on one endpoint, since two queues cannot keep one order. */
export class BusSet {
  readonly #byEndpoint = new Map<string, AnyBus>();

  /** Throws `config-invalid` when another bus has this endpoint already. */
  create<Config extends BusConfig>(
    name: string,
    config: Config,
    options: BusOptions = {},
  ): BusOf<Config> {
    const endpoint = endpointOf(config);
    const other = this.#byEndpoint.get(endpoint);
    if (other !== undefined) {
      throw new PpuriError('config-invalid', `bus ${name} is on the endpoint of ${other.name}`, {
        operation: 'create buses',
        subject: endpoint,
        hint: 'give both machines the same bus and different units',
      });
    }
    const bus = createBus(name, config, options);
    this.#byEndpoint.set(endpoint, bus);
    return bus;
  }

  all(): AnyBus[] {
    return [...this.#byEndpoint.values()];
  }

  async close(): Promise<void> {
    const buses = this.all();
    this.#byEndpoint.clear();
    await Promise.all(buses.map((bus) => bus.close()));
  }
}

function factoryOf<Config extends BusConfig>(config: Config): BusFactory<Config, BusOf<Config>> {
  const { type } = config;
  // A table by type gives the factory of that type; the compiler sees only that it gives one.
  if (Object.hasOwn(factories, type)) return factories[type] as BusFactory<Config, BusOf<Config>>;
  throw new PpuriError('config-invalid', `there is no bus type "${String(config.type)}"`, {
    operation: 'create a bus',
    subject: String(config.type),
    hint: `bus types: ${busTypes.join(', ')}`,
  });
}
