/** The options of `ppuri scan`. */
import { InvalidArgumentError } from 'commander';
import type { SerialTry } from '../survey/open.ts';
import { likelyBauds } from '../survey/scan-settings.ts';
import type { BusFlags } from './bus-argument.ts';

export interface ScanFlags extends BusFlags {
  readonly units?: readonly number[];
  readonly baud?: readonly number[];
  readonly parity?: readonly SerialTry['parity'][];
  readonly timeout?: number;
  readonly listen?: number;
  readonly guess: boolean;
}

const lastUnit = 247;

/** `1-10,20` → numbers from 0 to 255, each once, as given. */
export function unitList(text: string): number[] {
  const units = text.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(part.trim()) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (!(first <= last && last <= 255))
      throw new InvalidArgumentError('give units such as 1-247 or 1,3,10-20');
    return range(first, last);
  });
  return [...new Set(units)];
}

export const everyUnit: readonly number[] = range(1, lastUnit);
/** Where a device is looked for while the settings are not known. */
export const likelyUnits: readonly number[] = range(1, 16);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

export function baudList(text: string): number[] {
  if (text === 'all') return [...likelyBauds];
  const bauds = text.split(',').map(Number);
  if (bauds.every((baud) => Number.isInteger(baud) && baud >= 300 && baud <= 4_000_000))
    return bauds;
  throw new InvalidArgumentError('give all, or baud rates such as 9600,19200');
}

const parities = ['none', 'even', 'odd'] as const;

export function parityList(text: string): SerialTry['parity'][] {
  if (text === 'all') return [...parities];
  const found = text.split(',').map((name) => parities.find((one) => one === name.trim()));
  const sure = found.filter((one) => one !== undefined);
  if (sure.length === found.length) return sure;
  throw new InvalidArgumentError('give all, or some of none,even,odd');
}
