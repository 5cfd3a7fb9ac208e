import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createBus } from '../../drivers/registry.ts';
import { wordsOf } from '../fixtures/modbus-device.ts';

test('a reply that came in time counts even if this process was too busy to look', async () => {
  const server = new URL('../fixtures/serve-modbus.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [server], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const timeoutMs = 50;
  const config = { type: 'modbus-tcp', host: '127.0.0.1', port: Number(line), timeoutMs } as const;
  const bus = createBus('press', config);
  try {
    const request = { unit: 1, table: 'holding', address: 3, count: 5, priority: 'shot' } as const;
    await bus.read(request);
    for (let i = 0; i < 5; i++) {
      const reading = bus.read(request);
      const until = performance.now() + 4 * timeoutMs;
      while (performance.now() < until);
      expect((await reading).words).toEqual(wordsOf({ functionCode: 3, unit: 1, address: 3 }, 5));
    }
    expect(bus.stats()).toMatchObject({ connects: 1, units: [{ timeouts: 0 }] });
  } finally {
    await bus.close();
    child.stdin.end();
    await once(child, 'exit');
  }
});
