/** How people name a shot on the command line. */
import { InvalidArgumentError } from 'commander';
import type { LabelPlace } from '../labels/request.ts';
import { moment } from './store-access.ts';

const dayMs = 86_400_000;
/** A shot is looked for so far from the time that is given beside its number. */
export const aroundMs = dayMs / 2;
/** And so far where the time is all there is. */
export const nearMs = 30_000;

/** Where a counter value is looked for: on that day, or around that time. */
export function windowOf(
  wallMs: number,
  isDay: boolean,
  toleranceMs?: number,
): { readonly fromWallMs: number; readonly toWallMs: number } {
  const around = toleranceMs ?? (isDay ? 0 : aroundMs);
  return { fromWallMs: wallMs - around, toWallMs: wallMs + around + (isDay ? dayMs : 1) };
}

/** `BOOT/SEQ`, `MACHINE#SHOT`, `MACHINE#SHOT@TIME` or `MACHINE@TIME`. */
export function cyclePlace(text: string): LabelPlace {
  const key = /^([^/#@]+)\/(\d+)$/.exec(text);
  if (key !== null) return { boot: key[1] ?? '', seq: Number(key[2]) };
  const [, machine, shot, time] = /^([^#@]+)(?:#(\d+))?(?:@(.+))?$/.exec(text) ?? [];
  if (machine === undefined || (shot === undefined && time === undefined))
    throw new InvalidArgumentError(
      'name a shot: BOOT/SEQ, MACHINE#SHOT, MACHINE#SHOT@DAY or MACHINE@TIME',
    );
  if (shot === undefined) return { machine, wallMs: moment(time ?? ''), toleranceMs: nearMs };
  const number = { machine, shot: Number(shot) };
  if (time === undefined) return number;
  return { ...number, ...windowOf(moment(time), /^\d{4}-\d{2}-\d{2}$/.test(time)) };
}
