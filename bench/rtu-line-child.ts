/** Ten units on one simulated RTU line, in a process of their own: `node rtu-line-child.ts BAUD DEAD`. */
import { PtyLine } from '../agent/simulator/pty-line.ts';
import { startRtuServer } from '../agent/simulator/rtu-server.ts';
import { characterMs } from '../agent/simulator/wire-timing.ts';

const [baudRate = 19_200, dead = 0] = process.argv.slice(2).map(Number);
const units = 10;

const line = await PtyLine.open();
const server = startRtuServer({
  carrier: line,
  byteMs: characterMs(baudRate),
  dead: new Set(dead === 0 ? [] : [dead]),
  unit: (id) =>
    id < 1 || id > units
      ? null
      : {
          // Never the same words twice running, as a meter gives.
          read: (_table, address, count) => {
            const now = Math.floor(performance.now() * 10);
            return Uint16Array.from({ length: count }, (_, i) => now + address + i + id);
          },
          write: () => false,
        },
});
process.on('message', (message) => {
  if (message === 'stats') process.send?.(server.stats());
});
process.on('disconnect', () => void server.close().then(() => process.exit(0)));
process.send?.({ path: line.path });
