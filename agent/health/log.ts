/** JSON-lines log. WARN: nothing was lost. ERROR: something was, or someone must act. */

export type Level = 'info' | 'warn' | 'error';

export interface Log {
  info(event: string, fields?: Record<string, unknown>): void;
  warn(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
}

const rank: Record<Level, number> = { info: 0, warn: 1, error: 2 };

/** Writes one JSON line per call at or above `least` to `sink` (a line without its newline). */
export function createLog(sink: (line: string) => void, least: Level = 'info'): Log {
  const write = (level: Level, event: string, fields: Record<string, unknown> = {}): void => {
    if (rank[level] < rank[least]) return;
    sink(JSON.stringify({ at: new Date().toISOString(), level, event, ...fields }));
  };
  return {
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
  };
}
