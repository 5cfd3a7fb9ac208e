/**
 * Our buses against the fault simulator: each fault it knows on every second reply, over each
 * carrier. A read gives what the register holds, or a typed reason.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { openConverterPort } from '../../agent/simulator/byte-carrier.ts';
import { type CarrierKind, type FaultName, faultsOf } from '../../agent/simulator/faults.ts';
import { startModbusServer } from '../../agent/simulator/modbus-server.ts';
import { PtyLine } from '../../agent/simulator/pty-line.ts';
import type { ReplierOptions } from '../../agent/simulator/replier.ts';
import { startRtuServer } from '../../agent/simulator/rtu-server.ts';
import { PpuriError } from '../../config/errors.ts';
import type { Bus, RegisterTable } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import { hasProgram } from '../fixtures/programs.ts';

const seed = 11;
const timeoutMs = 60;
const reads = 24;

const codes: Record<RegisterTable, number> = { coil: 1, discrete: 2, holding: 3, input: 4 };
const wordAt = (unit: number, table: RegisterTable, address: number): number =>
  (unit * 7919 + codes[table] * 331 + address * 31) & 0xffff;
const unit: ReplierOptions['unit'] = (id) => ({
  read: (table, address, count) =>
    Array.from({ length: count }, (_, i) => wordAt(id, table, address + i)),
  write: () => false,
});

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Rig {
  readonly bus: Bus;
  spoiled(): number;
}

async function rigFor(kind: CarrierKind, fault: FaultName): Promise<Rig> {
  const lateMs = [1.2 * timeoutMs, 2.5 * timeoutMs] as const;
  const settings = { lateMs, repeatMs: [0, timeoutMs], lorisMs: 20, endlessBytes: 8192 } as const;
  const options = { unit, faults: { rates: { [fault]: 0.5 }, seed, settings } };
  const where = { host: '127.0.0.1', port: 0 };
  if (kind === 'modbus-tcp') {
    const server = await startModbusServer({ ...where, ...options });
    ends.push(() => server.close());
    const { port } = server;
    const bus = createBus('bus', { type: kind, host: where.host, port, timeoutMs });
    return { bus, spoiled: () => server.counts().faults[fault] ?? 0 };
  }
  const rtu = { echo: 'none', timeoutMs } as const;
  if (kind === 'rtu-tcp') {
    const carrier = await openConverterPort(where);
    const server = startRtuServer({ carrier, byteMs: null, ...options });
    ends.push(() => server.close());
    const { host, port } = carrier;
    const bus = createBus('bus', { type: 'modbus-rtu-tcp', host, port, ...rtu });
    return { bus, spoiled: () => server.stats().faults[fault] ?? 0 };
  }
  const carrier = await PtyLine.open();
  const server = startRtuServer({ carrier, byteMs: null, ...options });
  ends.push(() => server.close());
  const line = { path: carrier.path, baudRate: 115_200, parity: 'none', stopBits: 1 } as const;
  const bus = createBus('bus', { type: 'modbus-rtu', ...line, ...rtu });
  return { bus, spoiled: () => server.stats().faults[fault] ?? 0 };
}

/** What came of one read: `right`, or the code of its error. */
async function readOnce({ bus }: Rig, i: number): Promise<string> {
  const table: RegisterTable = i % 3 === 0 ? 'input' : 'holding';
  const request = { unit: 1 + (i % 9), table, address: 40 + i, count: 2 } as const;
  try {
    const { words } = await bus.read({ ...request, priority: 'shot' });
    const right = [0, 1].map((more) => wordAt(request.unit, table, request.address + more));
    expect([...words], `read ${i}: ${JSON.stringify(request)}`).toEqual(right);
    return 'right';
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return error.code;
  }
}

const known = ['right', 'bus-timeout', 'bus-unavailable', 'modbus-malformed', 'modbus-exception'];

for (const kind of ['modbus-tcp', 'rtu-tcp', 'rtu-pty'] as const) {
  const possible = kind !== 'rtu-pty' || hasProgram('socat');
  describe.skipIf(!possible)(
    `over ${kind} (seed ${seed}${possible ? '' : ', needs socat'})`,
    () => {
      test.each(faultsOf(kind))('%s gives the right value or a reason', async (fault) => {
        const rig = await rigFor(kind, fault);
        ends.push(() => rig.bus.close());
        const outcomes: string[] = [];
        // A unit that failed is left alone for a while, and a closed socket opened again.
        for (let i = 0; rig.spoiled() < 3 || outcomes.length < reads; i++) {
          const outcome = await readOnce(rig, i);
          outcomes.push(outcome);
          if (outcome === 'bus-unavailable') await new Promise((next) => setTimeout(next, 2));
        }
        expect(outcomes.filter((outcome) => !known.includes(outcome))).toEqual([]);
        expect(outcomes).toContain('right');
      });
    },
  );
}
