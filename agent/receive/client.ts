/** The parent's side of a receiver in a process of its own. */
import { once } from 'node:events';
import { PpuriError } from '../../config/errors.ts';
import type { ForkRole } from '../role.ts';
import type { FromReceiver, ToReceiver } from './child.ts';

export interface ReceiverProcess {
  readonly port: number;
  /** Records that came since its start, and shots among them; null: it is gone. */
  count(): Promise<{ readonly records: number; readonly shots: number } | null>;
  stop(): Promise<void>;
}

function gone(why: string, dir: string): PpuriError {
  return new PpuriError('store-unavailable', `the receiver cannot start: ${why}`, {
    operation: 'start a receiver',
    subject: dir,
    hint: 'check the directory and its disk',
  });
}

/** Receives into `dir`, on a free port of loopback. Rejects with `store-unavailable`. */
export async function startReceiver(fork: ForkRole, dir: string): Promise<ReceiverProcess> {
  const child = fork('receive');
  const ended = once(child, 'exit').then(() => null);
  const send = (message: ToReceiver): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  const next = (): Promise<FromReceiver | null> =>
    Promise.race([once(child, 'message').then(([said]) => said as FromReceiver), ended]);
  const first = next();
  send({ type: 'start', dir });
  const said = await first;
  if (said?.type !== 'listening') {
    child.kill();
    throw gone(said?.type === 'failed' ? said.why : 'its process ended', dir);
  }
  return {
    port: said.port,
    async count() {
      if (!child.connected) return null;
      const counted = next();
      send({ type: 'count' });
      const answer = await counted;
      return answer?.type === 'counted' ? answer : null;
    },
    async stop() {
      send({ type: 'stop' });
      await ended;
    },
  };
}
