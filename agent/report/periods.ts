/** The days of the two periods that are compared: `2026-03-01..2026-03-31`, single days, or both. */
import { PpuriError } from '../../config/errors.ts';

export interface Periods {
  /** Working days, `2026-03-01`, in order, each once. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** On and off by turns rather than one after the other. */
export const areByTurns = ({ before, after }: Periods): boolean =>
  (before.at(-1) ?? '') > (after[0] ?? '');

const dayMs = 86_400_000;
/** Longer is a slip of the keyboard. */
const mostDays = 3 * 366;

const refused = (flag: string, message: string, hint: string): PpuriError =>
  new PpuriError('usage', message, { operation: 'report effect', subject: flag, hint });

const formHint = 'give days such as 2026-03-01..2026-03-31, or 2026-03-02,2026-03-04..2026-03-06';

/** `2026-02-28`; the 30th of February, which a date would take for the second of March, is none. */
export function isDay(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return !Number.isNaN(ms) && dayText(ms) === text;
}

function dayMsOf(text: string, flag: string): number {
  if (!isDay(text)) throw refused(flag, `not a day: "${text}"`, formHint);
  return Date.parse(`${text}T00:00:00Z`);
}

const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Throws `usage` for what is no day, runs backwards, or names a day twice. */
export function daysOf(text: string, flag: string): string[] {
  const days = new Set<string>();
  for (const part of text.split(',')) {
    const [from = '', to = from, more] = part.trim().split('..');
    if (from === '' || more !== undefined) throw refused(flag, `not a period: "${text}"`, formHint);
    const [first, last] = [dayMsOf(from, flag), dayMsOf(to, flag)];
    if (last < first) throw refused(flag, `${part} ends before it begins`, formHint);
    if ((last - first) / dayMs + days.size >= mostDays)
      throw refused(flag, `${part} is longer than three years`, formHint);
    for (let ms = first; ms <= last; ms += dayMs) {
      if (days.has(dayText(ms))) throw refused(flag, `${dayText(ms)} is named twice`, formHint);
      days.add(dayText(ms));
    }
  }
  return [...days].sort();
}

/** `today`: the working day that is going on. Throws `usage` for periods that cannot be compared. */
export function periodsOf(beforeText: string, afterText: string, today: string): Periods {
  const before = daysOf(beforeText, '--before');
  const after = daysOf(afterText, '--after');
  const twice = after.find((day) => before.includes(day));
  if (twice !== undefined)
    throw refused('--after', `${twice} is in both periods`, 'a day belongs to one period only');
  for (const [flag, days] of [
    ['--before', before],
    ['--after', after],
  ] as const) {
    const future = days.find((day) => day > today);
    if (future !== undefined)
      throw refused(flag, `${future} is in the future`, `end the period on ${today} or earlier`);
  }
  if ((after.at(-1) ?? '') < (before[0] ?? ''))
    throw refused('--after', 'the period after lies before the one before', 'swap the two');
  return { before, after };
}

/** A period in few words: `2026-03-01 ~ 2026-03-31`, with the number of its days where some miss. */
export function spanOf(days: readonly string[]): { first: string; last: string; days: number } {
  return { first: days[0] ?? '', last: days.at(-1) ?? '', days: days.length };
}

/** Local begin and end of a working day that starts at `dayStart`, `08:00`; epoch ms. */
export function workingDay(
  day: string,
  dayStart: string,
): { fromWallMs: number; toWallMs: number } {
  const from = new Date(`${day}T${dayStart}:00`);
  const to = new Date(from);
  to.setDate(to.getDate() + 1);
  return { fromWallMs: from.getTime(), toWallMs: to.getTime() };
}

/** The working day of a moment. */
export function workingDayOf(wallMs: number, dayStart: string): string {
  const at = new Date(wallMs);
  const [hour = 0, minute = 0] = dayStart.split(':').map(Number);
  if (at.getHours() * 60 + at.getMinutes() < hour * 60 + minute) at.setDate(at.getDate() - 1);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
