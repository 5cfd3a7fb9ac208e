/**
 * An adapter pulled out and put back while its line is polled: the pseudo terminal is torn down and
 * made again. How soon are right values read, and does anything leak? By hand:
 *
 *   node test/faults/replug-campaign.ts --times 100 --seed 1
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PpuriError } from '../../config/errors.ts';
import type { Bus, ReadRequest } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import { wordsOf } from '../fixtures/modbus-device.ts';
import { PtyBridge } from '../fixtures/pty-bridge.ts';
import { createRandom } from '../fixtures/random.ts';
import { RtuDevice } from '../fixtures/rtu-device.ts';

export interface ReplugReport {
  readonly seed: number;
  readonly times: number;
  /** From the device file's return to the first right words, ms. */
  readonly backAfterMs: { readonly median: number; readonly most: number };
  readonly wrong: number;
  /** What reads gave while the adapter was out. */
  readonly whileOut: Readonly<Record<string, number>>;
  readonly descriptors: { readonly first: number; readonly last: number };
}

const request: ReadRequest = {
  unit: 3,
  table: 'holding',
  address: 100,
  count: 4,
  priority: 'shot',
};
const right = wordsOf({ functionCode: 3, unit: 3, address: 100 }, 4);

const descriptors = (): number => readdirSync('/proc/self/fd').length;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** `right`, `wrong` or the code of the error. */
async function read(bus: Bus): Promise<string> {
  try {
    const { words } = await bus.read(request);
    return words.every((word, i) => word === right[i]) ? 'right' : 'wrong';
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return error.code;
  }
}

async function untilRight(bus: Bus): Promise<{ readonly ms: number; readonly wrong: number }> {
  const begunMs = performance.now();
  let wrong = 0;
  for (;;) {
    const outcome = await read(bus);
    if (outcome === 'right') return { ms: performance.now() - begunMs, wrong };
    if (outcome === 'wrong') wrong += 1;
    await pause(5);
  }
}

export async function replug(times: number, seed: number): Promise<ReplugReport> {
  const random = createRandom(seed);
  const device = new RtuDevice();
  await device.start();
  const bridge = new PtyBridge(() => device.port);
  await bridge.plug();
  const line = { baudRate: 19_200, parity: 'none', stopBits: 1, echo: 'none' } as const;
  const bus = createBus('line', { type: 'modbus-rtu', path: bridge.path, ...line, timeoutMs: 100 });
  const backMs: number[] = [];
  const whileOut: Record<string, number> = {};
  let wrong = (await untilRight(bus)).wrong;
  const first = descriptors();
  for (let i = 0; i < times; i++) {
    const under = read(bus);
    await bridge.unplug();
    const outUntilMs = performance.now() + 400 * random();
    for (let out = await under; ; out = await read(bus)) {
      whileOut[out] = (whileOut[out] ?? 0) + 1;
      if (performance.now() > outUntilMs) break;
      await pause(10);
    }
    await bridge.plug();
    const back = await untilRight(bus);
    backMs.push(back.ms);
    wrong += back.wrong;
  }
  const last = descriptors();
  await bus.close();
  await bridge.unplug();
  await device.stop();
  backMs.sort((a, b) => a - b);
  const at = (q: number): number => Math.round(backMs[Math.floor(q * (times - 1))] ?? 0);
  const backAfterMs = { median: at(0.5), most: at(1) };
  return { seed, times, backAfterMs, wrong, whileOut, descriptors: { first, last } };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      times: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
    },
  });
  const report = await replug(Number(values.times), Number(values.seed));
  process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
}
