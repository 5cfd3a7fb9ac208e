/** Every bus type there is: a new driver adds one line here and its config to the union. */
import { PpuriError } from '../config/errors.ts';
import type { Bus } from './driver.ts';
import type { BusFactory, BusOptions } from './factory.ts';
import {
  type ModbusRtuConfig,
  type ModbusRtuTcpConfig,
  modbusRtu,
  modbusRtuTcp,
} from './modbus/modbus-rtu.ts';
import { type ModbusTcpConfig, modbusTcp } from './modbus/modbus-tcp.ts';

export type BusConfig = ModbusTcpConfig | ModbusRtuConfig | ModbusRtuTcpConfig;

const factories: {
  readonly [Type in BusConfig['type']]: BusFactory<Extract<BusConfig, { type: Type }>>;
} = {
  'modbus-tcp': modbusTcp,
  'modbus-rtu': modbusRtu,
  'modbus-rtu-tcp': modbusRtuTcp,
};

export const busTypes: readonly string[] = Object.keys(factories);

/** The exclusive resource of a bus: equal for two buses that clash. Throws `config-invalid`. */
export function endpointOf(config: BusConfig): string {
  return factoryOf(config).endpointOf(config);
}

/** One bus, not connected yet. Throws `config-invalid` for an unknown type. */
export function createBus(name: string, config: BusConfig, options: BusOptions = {}): Bus {
  return factoryOf(config).create(name, config, options);
}

/** The buses of one agent: never two on one endpoint, since two queues cannot keep one order. */
export class BusSet {
  readonly #byEndpoint = new Map<string, Bus>();

  /** Throws `config-invalid` when another bus has this endpoint already. */
  create(name: string, config: BusConfig, options: BusOptions = {}): Bus {
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

  all(): Bus[] {
    return [...this.#byEndpoint.values()];
  }

  async close(): Promise<void> {
    const buses = this.all();
    this.#byEndpoint.clear();
    await Promise.all(buses.map((bus) => bus.close()));
  }
}

function factoryOf(config: BusConfig): BusFactory<BusConfig> {
  if (Object.hasOwn(factories, config.type)) return factories[config.type];
  throw new PpuriError('config-invalid', `there is no bus type "${String(config.type)}"`, {
    operation: 'create a bus',
    subject: String(config.type),
    hint: `bus types: ${busTypes.join(', ')}`,
  });
}
