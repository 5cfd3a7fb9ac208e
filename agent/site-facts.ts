/** What of a configuration holds for every machine of the site: its shifts and emission factors. */
import type { Config } from '../config/schema.ts';
import { FactorTable, withUnit } from './carbon/factors.ts';
import type { MachineSurroundings } from './machine-contract.ts';
import { ShiftClock } from './store/shifts.ts';

export function siteFacts(
  config: Config,
): Pick<MachineSurroundings, 'shiftOf' | 'factors' | 'stopAfterCycles'> {
  const shifts = new ShiftClock(config.gateway.shifts);
  return {
    shiftOf: (wallMs) => shifts.startOf(wallMs),
    stopAfterCycles: config.production.stopAfterCycles,
    factors: new FactorTable(config.carbon.factors.map(withUnit)),
  };
}
