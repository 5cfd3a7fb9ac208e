/** Ctrl-C and systemd's stop: once means end cleanly, twice means now. */
import { exitCodes } from '../../config/errors.ts';

/** Resolves with the first SIGINT or SIGTERM; the second one exits at once with 130. */
export function interrupted(): { readonly signal: Promise<NodeJS.Signals>; dispose(): void } {
  const first = Promise.withResolvers<NodeJS.Signals>();
  let seen = false;
  const listen = (signal: NodeJS.Signals): void => {
    if (seen) process.exit(exitCodes.interrupted);
    seen = true;
    first.resolve(signal);
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, listen);
  return {
    signal: first.promise,
    dispose: () => {
      for (const name of names) process.off(name, listen);
    },
  };
}
