/**
 * One agent per machine: whoever reads and writes a bus endpoint from this gateway claims it by a
 * name in Linux's abstract socket space, which the kernel frees when the process ends however it does.
 */
import { createServer, type Server } from 'node:net';
import { PpuriError } from '../../config/errors.ts';

export interface Claim {
  release(): Promise<void>;
}

function listen(name: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(`\0ppuri:${name}`, () => {
      server.unref();
      resolve(server);
    });
  });
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => void server.close(() => resolve()));

/** Claims every endpoint or none. Rejects with `bus-in-use` naming the one that is taken. */
export async function claimEndpoints(endpoints: readonly string[]): Promise<Claim> {
  const held: Server[] = [];
  const release = async (): Promise<void> => void (await Promise.all(held.splice(0).map(close)));
  for (const endpoint of endpoints) {
    try {
      held.push(await listen(endpoint));
    } catch (cause) {
      await release();
      throw new PpuriError('bus-in-use', 'another ppuri on this gateway works on this endpoint', {
        operation: 'claim the buses of the configuration',
        subject: endpoint,
        hint: 'stop the other agent; two would cut each other\u2019s reject signals short',
        cause,
      });
    }
  }
  return { release };
}
