/** A history in pieces, in the order of time: days, weeks, shifts or equal blocks; and its gaps. */
import { PpuriError } from '../../config/errors.ts';
import { type PartFigures, partFigures } from './figures.ts';
import { isScored, type JudgedShot } from './shot.ts';
import { dayText, koreaMs, minuteText } from './times.ts';

/** A number: so many blocks of equally many shots. */
export type WindowsBy = 'day' | 'week' | 'shift' | number;

export interface Window extends PartFigures {
  readonly name: string;
  readonly fromRow: number;
  readonly toRow: number;
  readonly fromWallMs: number | null;
  readonly toWallMs: number | null;
  /** With those that have no score or no label. */
  readonly shots: number;
}

/** Nothing was made, or nothing was logged. */
export interface Gap {
  readonly afterRow: number;
  readonly beforeRow: number;
  readonly fromWallMs: number;
  readonly toWallMs: number;
}

const dayMs = 86_400_000;
const leastGapMs = 3_600_000;
const gapMedians = 20;

export function windowsOf(
  shots: readonly JudgedShot[],
  by: WindowsBy,
  threshold: number,
  shiftStarts: readonly string[],
): readonly Window[] {
  const parts = typeof by === 'number' ? blocks(shots, by) : calendar(shots, by, shiftStarts);
  return parts.map(({ name, shots: part }) => {
    const [first, last] = [part[0], part.at(-1)];
    return {
      name,
      fromRow: first?.row ?? 0,
      toRow: last?.row ?? 0,
      fromWallMs: first?.wallMs ?? null,
      toWallMs: last?.wallMs ?? null,
      shots: part.length,
      ...partFigures(part.filter(isScored), threshold),
    };
  });
}

interface Part {
  readonly name: string;
  readonly shots: readonly JudgedShot[];
}

/** Of scored shots equally many, so that each block says about as much. */
function blocks(shots: readonly JudgedShot[], count: number): Part[] {
  const scored = shots.filter(isScored);
  const size = Math.ceil(scored.length / count);
  const parts: Part[] = [];
  for (let from = 0; from < scored.length; from += size) {
    const [first, last] = [scored[from], scored[Math.min(from + size, scored.length) - 1]];
    const [low, high] = [first?.row ?? 0, last?.row ?? 0];
    const within = shots.filter(({ row }) => row >= low && row <= high);
    parts.push({ name: `${low}~${high}`, shots: within });
  }
  return parts;
}

function calendar(
  shots: readonly JudgedShot[],
  by: 'day' | 'week' | 'shift',
  shiftStarts: readonly string[],
): Part[] {
  const starts = shiftStarts.map(minutesOf).sort((a, b) => a - b);
  const begins = Map.groupBy(shots, ({ wallMs }) => {
    if (wallMs === null) throw noTimes(by);
    return beginOf(wallMs, by, starts);
  });
  const name = by === 'shift' ? minuteText : dayText;
  return [...begins]
    .sort(([a], [b]) => a - b)
    .map(([begin, part]) => ({ name: name(begin), shots: part }));
}

function minutesOf(clock: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return hour * 60 + minute;
}

/** Epoch ms at which the day, week (Monday) or shift of `wallMs` began in Korea. */
function beginOf(wallMs: number, by: 'day' | 'week' | 'shift', starts: readonly number[]): number {
  const local = wallMs + koreaMs;
  const day = Math.floor(local / dayMs);
  // 1970-01-01 was a Thursday.
  if (by === 'week') return (day - ((day + 3) % 7)) * dayMs - koreaMs;
  if (by === 'day') return day * dayMs - koreaMs;
  const minute = (local - day * dayMs) / 60_000;
  const start = starts.findLast((begin) => begin <= minute);
  // Before the first shift of a day the last one of the day before still runs.
  const [from, at] = start === undefined ? [day - 1, starts.at(-1) ?? 0] : [day, start];
  return from * dayMs + at * 60_000 - koreaMs;
}

function noTimes(by: string): PpuriError {
  return new PpuriError('usage', `no column says when the shots were, so there is no ${by}`, {
    operation: 'backtest',
    subject: `--windows ${by}`,
    hint: 'name the column with --time COLUMN, or take equal blocks: --windows 5',
  });
}

/** Waits much longer than usual between two shots: twenty medians, and an hour at least. */
export function gapsOf(shots: readonly JudgedShot[]): readonly Gap[] {
  const waits = shots.slice(1).map(({ wallMs }, i) => (wallMs ?? 0) - (shots[i]?.wallMs ?? 0));
  const sorted = Float64Array.from(waits).sort();
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const long = Math.max(leastGapMs, gapMedians * median);
  return waits.flatMap((wait, i) => {
    const [before, after] = [shots[i], shots[i + 1]];
    if (!(wait > long) || before?.wallMs == null || after?.wallMs == null) return [];
    const [fromWallMs, toWallMs] = [before.wallMs, after.wallMs];
    return [{ afterRow: before.row, beforeRow: after.row, fromWallMs, toWallMs }];
  });
}
