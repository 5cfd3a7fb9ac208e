/** The keep child as a process: messages of the loop in, its end when the loop is gone. */
import { KeepChild, type KeepParts } from './child.ts';
import type { FromChild, ToChild } from './protocol.ts';
import { checkVariable, runFileCheck } from './recovery.ts';

function dispatch(child: KeepChild, message: ToChild): void {
  if (message.type === 'keep') child.keep(message.records, message.settledBelow);
  else if (message.type === 'commit') child.commit();
  else if (message.type === 'clock') child.fillClock(message.fill);
  else if (message.type === 'status') child.publish(message.snapshot);
  else if (message.type === 'ask') void child.ask(message.id, message.method, message.params);
  else if (message.type === 'answer') child.answered(message.id, message.outcome);
}

/** Sends to the loop; a loop that is gone needs no answer, and `disconnect` ends this process. */
function sendToLoop(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, {}, () => undefined);
}

/** Ends after everything sent has been handed over. */
function leave(child: KeepChild | null): void {
  child?.close();
  if (process.connected)
    process.send?.({ type: 'bye' } satisfies FromChild, undefined, {}, () => process.exit(0));
  else process.exit(0);
}

/** Runs until the loop says `close` or is gone. */
export function runKeepChild(parts: KeepParts = {}): void {
  const toCheck = process.env[checkVariable];
  if (toCheck !== undefined) {
    runFileCheck(toCheck);
    return;
  }
  process.umask(0o027);
  // A terminal's Ctrl-C and systemd's stop reach every process: the loop decides when this ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
  let child: KeepChild | null = null;
  process.on('disconnect', () => leave(child));
  process.on('message', (message: ToChild) => {
    if (message.type === 'close') leave(child);
    else if (message.type === 'open') {
      child = new KeepChild(message.options, sendToLoop, parts);
      child.open();
      void child.workBeside();
    } else if (child !== null) dispatch(child, message);
  });
}
