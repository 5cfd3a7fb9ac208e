import { silenceOf } from './modbus/rtu-transport.ts';
import type { BusConfig } from './registry.ts';

/** Request and reply of one register. */
const triggerCharacters = 8 + 7;
/** What most devices take to begin their answer, ms. */
const turnaroundMs = 5;
/** Of a line's time, so that snapshots, meters and controllers on it find theirs. */
const triggersShare = 0.5;
/** Where a converter's line speed is not said. */
const usualBaudRate = 9600;

/** Least ms between two reads of one machine's trigger, with so many machines on this bus. */
export function leastTriggerMs(config: BusConfig, machines: number): number {
  if (config.type !== 'modbus-rtu' && config.type !== 'modbus-rtu-tcp') return 0;
  const byteMs = (1000 * 11) / (config.baudRate ?? usualBaudRate);
  const silenceMs = silenceOf(byteMs, config.silenceMs);
  const exchangeMs = triggerCharacters * byteMs + 2 * silenceMs + turnaroundMs;
  return Math.ceil((machines * exchangeMs) / triggersShare);
}
