/** Role `receive`: the demo's receiving end, in a process of its own, as it would be elsewhere. */
import { PpuriError } from '../../config/errors.ts';
import { startHttpReceiver } from './http-receiver.ts';
import { openReceivedStore } from './received-store.ts';

export type ToReceiver =
  | { readonly type: 'start'; readonly dir: string }
  | { readonly type: 'count' }
  | { readonly type: 'stop' };

export type FromReceiver =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly why: string }
  /** Records that came since the start, and shots among them. */
  | { readonly type: 'counted'; readonly records: number; readonly shots: number };

const send = (message: FromReceiver): void => void process.send?.(message);

async function start(dir: string): Promise<void> {
  try {
    const store = openReceivedStore(dir, 'receive');
    const { port } = await startHttpReceiver({ host: '127.0.0.1', port: 0, keep: store.keep });
    const before = store.count();
    process.on('message', (message: ToReceiver) => {
      if (message.type !== 'count') return;
      const { records, shots } = store.count();
      const more = { records: records - before.records, shots: shots - before.shots };
      send({ type: 'counted', ...more });
    });
    send({ type: 'listening', port });
  } catch (thrown) {
    if (!(thrown instanceof PpuriError)) throw thrown;
    send({ type: 'failed', why: thrown.message });
  }
}

/** Listens on loopback until the parent says `stop` or is gone. */
export function runReceiveChild(): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToReceiver) => {
    if (message.type === 'stop') process.exit(0);
    else if (message.type === 'start') void start(message.dir);
  });
}
