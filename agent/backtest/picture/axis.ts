/** Where a shot stands from left to right: by its time where times are known and in order, else by row. */
import type { JudgedShot } from '../shot.ts';
import { dayText, koreaMs, minuteText } from '../times.ts';

export interface Axis {
  readonly by: 'time' | 'row';
  /** Pixels. */
  x(shot: { readonly row: number; readonly wallMs: number | null }): number;
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const timeSteps = [
  ...[1, 2, 6, 12].map((hours) => hours * hourMs),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((days) => days * dayMs),
] as const;
const mostTicks = 10;

export function axisOf(shots: readonly JudgedShot[], left: number, right: number): Axis {
  const [first, last] = [shots[0], shots.at(-1)];
  if (first?.wallMs != null && last?.wallMs != null && isOrdered(shots))
    return timeAxis(first.wallMs, last.wallMs, left, right);
  return rowAxis(first?.row ?? 1, last?.row ?? 1, left, right);
}

function isOrdered(shots: readonly JudgedShot[]): boolean {
  return shots.every(({ wallMs }, i) => wallMs !== null && wallMs >= (shots[i - 1]?.wallMs ?? 0));
}

function timeAxis(from: number, to: number, left: number, right: number): Axis {
  const span = Math.max(1, to - from);
  const at = (ms: number): number => left + ((ms - from) / span) * (right - left);
  const step = timeSteps.find((one) => span / one <= mostTicks) ?? span / mostTicks;
  const ticks: { x: number; label: string }[] = [];
  // Weeks begin on Monday, and 1970 began on a Thursday.
  const origin = step % (7 * dayMs) === 0 ? 4 * dayMs - koreaMs : -koreaMs;
  const first = Math.ceil((from - origin) / step) * step + origin;
  for (let ms = first; ms <= to; ms += step) {
    const label = step < dayMs ? minuteText(ms).slice(5) : dayText(ms).slice(2);
    ticks.push({ x: at(ms), label });
  }
  return { by: 'time', x: ({ wallMs }) => at(wallMs ?? from), ticks };
}

function rowAxis(from: number, to: number, left: number, right: number): Axis {
  const span = Math.max(1, to - from);
  const at = (row: number): number => left + ((row - from) / span) * (right - left);
  const step = roundStep(span / mostTicks);
  const ticks: { x: number; label: string }[] = [];
  for (let row = Math.ceil(from / step) * step; row <= to; row += step)
    ticks.push({ x: at(row), label: String(row) });
  return { by: 'row', x: ({ row }) => at(row), ticks };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least) ?? power * 10;
}
