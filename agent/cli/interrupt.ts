/** Ctrl-C and systemd's stop: once means end cleanly, twice means now. */
import { exitCodes } from '../../config/errors.ts';

export interface Interruption {
  /** Resolves with the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: Promise<NodeJS.Signals>;
  /** The signal, once it has come. */
  seen(): NodeJS.Signals | null;
  dispose(): void;
}

/** One Ctrl-C comes twice where npm stands between: from the terminal, and passed on by npm. */
const sameCtrlCMs = 400;

/** The second signal, unless it is the first one passed on, exits at once with 130. */
export function interrupted(): Interruption {
  const first = Promise.withResolvers<NodeJS.Signals>();
  let seen: NodeJS.Signals | null = null;
  let seenMs = 0;
  const listen = (signal: NodeJS.Signals): void => {
    if (signal === seen && performance.now() - seenMs < sameCtrlCMs) return;
    if (seen !== null) process.exit(exitCodes.interrupted);
    seen = signal;
    seenMs = performance.now();
    first.resolve(signal);
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, listen);
  return {
    signal: first.promise,
    seen: () => seen,
    dispose: () => {
      for (const name of names) process.off(name, listen);
    },
  };
}

/** Commands that end in order from their first moment on; the others may be ended at any. */
const orderly = new Set(['bench', 'demo', 'run']);

/** To be called before the program is loaded, which takes longer than a hand on Ctrl-C. */
export function interruptedEarly(argv: readonly string[]): Interruption | null {
  return orderly.has(argv[2] ?? '') ? interrupted() : null;
}
