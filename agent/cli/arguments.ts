/** Values of command-line options, checked as commander parses them. */
import { InvalidArgumentError } from 'commander';

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('give a whole number');
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('give a whole number from 1');
}

/** `a=b`, repeatable. */
export function collectPairs(
  text: string,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('give NAME=VALUE');
  return { ...before, [text.slice(0, equals).trim()]: text.slice(equals + 1).trim() };
}

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `500ms`, `60s`, `30m`, `2h`, `1d` → ms; a bare number is seconds. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(text.trim());
  const value = Number(match?.[1]);
  if (match === null || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('give a time such as 60s, 30m or 2h');
  }
  return value * unitMs[(match[2] as keyof typeof unitMs | undefined) ?? 's'];
}

/** Beyond this a machine makes its next shot before the last one can be read. */
const FASTEST = 1000;

/** A positive factor, or `max`. */
export function speed(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const value = Number(text);
  if (value > 0 && value <= FASTEST) return value;
  throw new InvalidArgumentError(`give a factor above 0, up to ${FASTEST}, or max`);
}
