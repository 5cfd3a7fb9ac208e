/**
 * What a transport library throws out of its own timers and sockets would end the whole keep process,
 * the store with it. Such an error is known by the work it came out of, and ends that work alone.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

type OnFault = (thrown: unknown) => void;

const work = new AsyncLocalStorage<OnFault>();

function caught(thrown: unknown): void {
  const onFault = work.getStore();
  if (onFault !== undefined) {
    work.exit(() => onFault(thrown));
    return;
  }
  // Not of a transport: as Node does without a listener.
  process.stderr.write(`${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  process.exit(1);
}

/** From now on this process outlives what fenced work throws when nobody is there to catch it. */
export function guardProcess(): void {
  if (!process.listeners('uncaughtException').includes(caught))
    process.on('uncaughtException', caught);
}

/** Runs `begin`; what it throws, and what comes of it throws later, goes to `onFault`. Undefined: it threw. */
export function fenced<T>(onFault: OnFault, begin: () => T): T | undefined {
  return work.run(onFault, () => {
    try {
      return begin();
    } catch (thrown) {
      work.exit(() => onFault(thrown));
      return undefined;
    }
  });
}
