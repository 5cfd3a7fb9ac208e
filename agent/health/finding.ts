/** One thing the doctor looked at. `fail`: ppuri cannot do its work here; `warn`: it can, but. */
import type { Text } from '../records.ts';

export type Level = 'ok' | 'warn' | 'fail';

export interface Finding {
  /** Stable name for scripts: `glibc`, `addon-serialport`, `disk-space` … */
  readonly id: string;
  readonly level: Level;
  readonly text: Text;
  /** What to do; null when there is nothing to do. */
  readonly hint: Text | null;
  /** The figures behind the text, units in the names. */
  readonly data: Readonly<Record<string, unknown>>;
}

type Data = Readonly<Record<string, unknown>>;

export function ok(id: string, text: Text, data: Data = {}): Finding {
  return { id, level: 'ok', text, hint: null, data };
}

export function warn(id: string, text: Text, hint: Text, data: Data = {}): Finding {
  return { id, level: 'warn', text, hint, data };
}

export function fail(id: string, text: Text, hint: Text, data: Data = {}): Finding {
  return { id, level: 'fail', text, hint, data };
}

/** The same words in both languages: names, versions, figures. */
export function same(text: string): Text {
  return { ko: text, en: text };
}

/** Nearest-rank percentile of ascending values; null of none. */
export function percentile(ascending: readonly number[], share: number): number | null {
  const rank = Math.max(1, Math.ceil(ascending.length * share));
  return ascending[rank - 1] ?? null;
}

/** A system file's trimmed text, or null where this machine does not have it. */
export async function readIfPresent(read: () => Promise<string>): Promise<string | null> {
  try {
    return (await read()).trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'ENODEV' || code === 'EINVAL')
      return null;
    throw error;
  }
}
