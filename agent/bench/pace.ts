/** How fast the simulated machines make shots: more than real ones, so that there is enough to measure. */
import type { Profile } from '../../config/profile.ts';
import type { BusConfig, MachineConfig } from '../../config/schema.ts';
import { wordCount } from '../../drivers/decode.ts';
import { createModel } from '../simulator/modelled.ts';
import { scenarioOf } from '../simulator/scenario.ts';
import { characterMs } from '../simulator/wire-timing.ts';

/** Of all machines together: their polls grow with their number, their shots do not. */
const mostShotsPerSecond = 80;
const leastSeconds = 0.125;
/** Polls of the trigger from one shot to the next, so that none is missed. */
const pollsAShot = 8;
/** A serial line is busy for this part of its time at most with the blocks of shots. */
const lineShare = 0.25;
/** Frames and counter reads around the block. */
const overheadBytes = 80;

/** Time of one character on the line behind this bus, ms; null: none to speak of. */
export function byteMsOf(bus: BusConfig): number | null {
  if (bus.type === 'modbus-rtu' || bus.type === 'serial-line')
    return characterMs(bus.baudRate, bus.parity, bus.stopBits);
  if (bus.type === 'modbus-rtu-tcp' && bus.baudRate !== undefined) return characterMs(bus.baudRate);
  return null;
}

/** Seconds from shot to shot. `sharing`: machines on this one's bus; `all`: on the whole floor. */
export function cycleSecondsOf(
  machine: MachineConfig,
  profile: Profile,
  bus: BusConfig,
  { sharing, all }: { readonly sharing: number; readonly all: number },
): number {
  const pollMs = machine.pollMs ?? profile.cycle?.pollMs ?? 10;
  const byteMs = byteMsOf(bus) ?? 0;
  const words = Object.values(profile.signals)
    .filter(({ poll }) => poll !== 'slow')
    .reduce((sum, { type, length }) => sum + wordCount(type, length), 0);
  const lineMs = (byteMs * (overheadBytes + 2 * words) * sharing) / lineShare;
  const least = Math.max(leastSeconds, (pollsAShot * pollMs) / 1000, lineMs / 1000);
  return Math.max(least, all / mostShotsPerSecond);
}

/** Seconds from shot to shot of a real machine of this kind. */
export function realCycleSeconds(profile: Profile): number {
  return createModel(profile, 1, scenarioOf('steady')).cycleS;
}
