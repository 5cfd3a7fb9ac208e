import type { RegisterTable } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import {
  type DeviceRequest,
  exception,
  honest,
  ModbusDevice,
  wordAt,
} from '../fixtures/modbus-device.ts';
import { busContract, type ContractDevice } from './bus-contract.ts';

const functionCodes: Record<RegisterTable, number> = { coil: 1, discrete: 2, holding: 3, input: 4 };

class TcpContractDevice implements ContractDevice {
  readonly seen: { line: string; atMs: number }[] = [];
  readonly muted = new Set<number>();
  readonly refusing = new Set<number>();
  readonly device = new ModbusDevice((request, socket) => {
    this.seen.push({ line: lineOf(request), atMs: request.atMs });
    if (this.muted.has(request.unit)) return;
    const reply = this.refusing.has(request.unit) ? exception(request, 2) : honest(request);
    if (this.#held === null) socket.write(reply);
    else this.#held.push(() => socket.write(reply));
  });
  #held: (() => void)[] | null = null;

  get connections(): number {
    return this.device.connections;
  }

  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const send of held) send();
  }

  start(): Promise<void> {
    return this.device.start();
  }

  stop(): Promise<void> {
    return this.device.stop();
  }
}

busContract('modbus-tcp', {
  device: async () => {
    const device = new TcpContractDevice();
    await device.start();
    return device;
  },
  bus: (device, { timeoutMs, ...options }) => {
    const port = device instanceof TcpContractDevice ? device.device.port : 0;
    return createBus('press', { type: 'modbus-tcp', host: '127.0.0.1', port, timeoutMs }, options);
  },
  wordAt: (unit, table, address) => wordAt(functionCodes[table], unit, address),
});

function lineOf(request: DeviceRequest): string {
  const { functionCode, unit, address, count, values } = request;
  const table = ['coil', 'discrete', 'holding', 'input'][functionCode - 1];
  if (table !== undefined) return `R ${unit} ${table} ${address} ${count}`;
  const written = functionCode === 5 || functionCode === 15 ? 'coil' : 'holding';
  return `W ${unit} ${written} ${address} ${values.join(' ')}`;
}
