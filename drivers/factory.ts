import type { AnyBus, Bus, WritableRegister } from './driver.ts';
import type { DriverLog } from './transport.ts';

export interface BusOptions {
  /** Registers of configured outputs; absent or empty: the bus never writes. */
  readonly writable?: readonly WritableRegister[];
  /** Unit → least ms from the end of one exchange to the next request. */
  readonly unitGapMs?: ReadonlyMap<number, number>;
  readonly log?: DriverLog;
}

/** What one bus type gives: pure, nothing is connected before the first request. */
export interface BusFactory<Config, Made extends AnyBus = Bus> {
  /** The exclusive resource, e.g. `tcp://192.168.0.10:502`. */
  endpointOf(config: Config): string;
  create(name: string, config: Config, options: BusOptions): Made;
}
