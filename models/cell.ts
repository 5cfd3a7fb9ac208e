/** What one CSV cell says: a number, a time, or nothing. */
import { PpuriError } from '../config/errors.ts';

const missingWords = new Set(['', 'nan', 'null', 'none', 'na', 'n/a', '#n/a', '-']);
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const grouped = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/;

/**
 * The number in a cell; null when the cell says there is none (empty, NaN, null, NA, -).
 * `1,234` and `1,234.5` are read as thousands. Throws `csv-invalid` for anything else, so that
 * text never turns silently into a missing value.
 */
export function parseCell(text: string): number | null {
  const trimmed = text.trim();
  if (missingWords.has(trimmed.toLowerCase())) return null;
  if (decimal.test(trimmed)) {
    const value = Number(trimmed);
    if (Number.isFinite(value)) return value;
  }
  if (grouped.test(trimmed)) return Number(trimmed.replaceAll(',', ''));
  throw new PpuriError('csv-invalid', `"${trimmed}" is not a number`, {
    operation: 'read a CSV cell',
    subject: trimmed,
    hint: /^[+-]?\d+,\d+$/.test(trimmed)
      ? 'write decimals with a point; a comma separates thousands'
      : 'clear the cell where there is no value',
  });
}

const datePart = /^(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})\.?|(\d{2})(\d{2}))$/;
const timePart =
  /^(오전|오후|AM|PM)?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(AM|PM)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/** Minutes ahead of UTC, or the zone of this computer. */
export type Zone = number | 'local';

/** Korea, all year. */
const koreaOffsetMinutes = 540;

/** `asUtc`: what a clock in `zone` shows, as if that were UTC. */
function inZone(asUtc: number, zone: Zone): number {
  if (zone !== 'local') return asUtc - zone * 60_000;
  const at = new Date(asUtc);
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  const [hour, minute, second] = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()];
  return new Date(year, month, day, hour, minute, second, at.getUTCMilliseconds()).getTime();
}

/**
 * Epoch ms of `2019-03-01` + `00:00:17`, `20190301`, `2019-01-02T16:45:08Z`, `2020-10-16 오전 12:00:00`
 * and the like, or null when it is no such time. A time without a zone is Korean time unless `zone`
 * says otherwise.
 */
export function parseTime(text: string, time = '', zone: Zone = koreaOffsetMinutes): number | null {
  const whole = `${text.trim()} ${time.trim()}`.trim();
  const cut = whole.search(/[T\s](?=.*\d:)/);
  const day = datePart.exec((cut < 0 ? whole : whole.slice(0, cut)).trim());
  if (day === null) return null;
  const date = utcDay(Number(day[1]), Number(day[2] ?? day[4]), Number(day[3] ?? day[5]));
  if (date === null) return null;
  if (cut < 0) return inZone(date, zone);
  const clock = parseClock(whole.slice(cut + 1).trim());
  if (clock === null) return null;
  return inZone(date + clock.ms, clock.offsetMinutes ?? zone);
}

function utcDay(year: number, month: number, day: number): number | null {
  const ms = Date.UTC(year, month - 1, day);
  const back = new Date(ms);
  return back.getUTCMonth() === month - 1 && back.getUTCDate() === day ? ms : null;
}

function parseClock(text: string): { ms: number; offsetMinutes: number | null } | null {
  const match = timePart.exec(text);
  if (match === null) return null;
  const half = (match[1] ?? match[6] ?? '').toUpperCase();
  const hour = hourOfDay(Number(match[2]), half);
  const minute = Number(match[3]);
  const second = Number(match[4] ?? 0);
  if (hour === null || minute > 59 || second > 59) return null;
  const fraction = Number(`0.${match[5] ?? 0}`) * 1000;
  const ms = ((hour * 60 + minute) * 60 + second) * 1000 + Math.floor(fraction);
  return { ms, offsetMinutes: match[7] === undefined ? null : zoneMinutes(match[7]) };
}

/** 오전 12 is midnight, 오후 12 is noon. */
function hourOfDay(hour: number, half: string): number | null {
  if (half === '') return hour < 24 ? hour : null;
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (half === '오후' || half === 'PM' ? 12 : 0);
}

/** `Z`, `+09:00`, `-0330` → minutes ahead of UTC. */
function zoneMinutes(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return zone.startsWith('-') ? -minutes : minutes;
}

/** Case, spaces and Unicode composition do not tell two names apart. */
export function normalizeName(name: string): string {
  return name.normalize('NFC').replace(/\s+/g, '').toLowerCase();
}
