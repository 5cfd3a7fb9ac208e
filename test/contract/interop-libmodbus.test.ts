/** A server that others wrote, read by our buses: libmodbus over TCP and RTU. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Bus, RegisterTable } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import { freePort } from '../fixtures/free-port.ts';
import { buildWithLibmodbus, hasLibmodbus, hasProgram } from '../fixtures/programs.ts';
import { ptyPair } from '../fixtures/pty-pair.ts';

const buildable = hasLibmodbus();
const dir = mkdtempSync(join(tmpdir(), 'ppuri-libmodbus-'));
const program = join(dir, 'server');
const ends: (() => Promise<void>)[] = [];

beforeAll(() => {
  if (buildable) buildWithLibmodbus('libmodbus-server.c', program);
});
beforeEach((context) => {
  context.skip(!buildable, 'needs gcc, pkg-config and libmodbus-dev; see test/prepare');
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function serve(...args: readonly string[]): Promise<void> {
  const server: ChildProcess = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = new Promise((resolve) => server.once('exit', resolve));
  ends.push(async () => {
    server.kill('SIGKILL');
    await gone;
  });
  if (server.stdout === null) throw new Error('no stdout');
  for await (const line of createInterface({ input: server.stdout })) {
    if (line === 'ready') return;
  }
  throw new Error('the server did not get ready');
}

const held: Record<RegisterTable, (i: number) => number> = {
  holding: (i) => 3 * i + 1,
  input: (i) => 5 * i + 2,
  coil: (i) => (i % 2 === 0 ? 1 : 0),
  discrete: (i) => (i % 3 === 0 ? 1 : 0),
};

async function readsEverything(bus: Bus): Promise<void> {
  ends.push(() => bus.close());
  for (const table of ['holding', 'input', 'coil', 'discrete'] as const) {
    for (const [address, count] of [
      [0, 1],
      [17, 9],
      [80, 120],
    ] as const) {
      const { words } = await bus.read({ unit: 1, table, address, count, priority: 'shot' });
      expect(words).toEqual(Array.from({ length: count }, (_, i) => held[table](address + i)));
    }
  }
  const beyond = bus.read({ unit: 1, table: 'holding', address: 500, count: 1, priority: 'shot' });
  await expect(beyond).rejects.toMatchObject({ code: 'modbus-exception' });
}

describe('a libmodbus server', () => {
  test('over TCP gives what it holds', async () => {
    const port = await freePort();
    await serve('tcp', String(port));
    const config = { type: 'modbus-tcp', host: '127.0.0.1', port, timeoutMs: 1000 } as const;
    await readsEverything(createBus('foreign', config));
  });

  test('over RTU on a pseudo terminal gives what it holds', async (context) => {
    context.skip(!hasProgram('socat'), 'needs socat; see test/prepare');
    const { near, far, close } = await ptyPair();
    ends.push(close);
    await serve('rtu', far, '19200', '1');
    const line = { baudRate: 19_200, parity: 'none', stopBits: 1, echo: 'none' } as const;
    const config = { type: 'modbus-rtu', path: near, ...line, timeoutMs: 1000 } as const;
    await readsEverything(createBus('foreign', config));
  });
});
