/** A scripted Modbus device as the contract suite wants it, over whatever carries its frames. */
import type { RegisterTable } from '../../drivers/driver.ts';
import { type DeviceRequest, wordAt } from '../fixtures/modbus-device.ts';
import type { ContractDevice } from './bus-contract.ts';

const functionCodes: Record<RegisterTable, number> = { coil: 1, discrete: 2, holding: 3, input: 4 };

export function modbusWordAt(unit: number, table: RegisterTable, address: number): number {
  return wordAt(functionCodes[table], unit, address);
}

/** What the harness needs of a device: it runs, and counts its connections. */
export interface Carrier {
  readonly connections: number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Replies<Request> {
  honest(request: Request): Buffer;
  exception(request: Request, code: number): Buffer;
}

export class ModbusContractDevice<Request extends DeviceRequest> implements ContractDevice {
  readonly seen: { line: string; atMs: number }[] = [];
  readonly muted = new Set<number>();
  readonly refusing = new Set<number>();
  carrier: Carrier | null = null;
  readonly #replies: Replies<Request>;
  #held: (() => void)[] | null = null;

  constructor(replies: Replies<Request>) {
    this.#replies = replies;
  }

  readonly script = (request: Request, send: (bytes: Buffer) => void): void => {
    this.seen.push({ line: lineOf(request), atMs: request.atMs });
    if (this.muted.has(request.unit)) return;
    const { honest, exception } = this.#replies;
    const reply = this.refusing.has(request.unit) ? exception(request, 2) : honest(request);
    if (this.#held === null) send(reply);
    else this.#held.push(() => send(reply));
  };

  get connections(): number {
    return this.carrier?.connections ?? 0;
  }

  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const send of held) send();
  }

  async start(): Promise<void> {
    await this.carrier?.start();
  }

  async stop(): Promise<void> {
    await this.carrier?.stop();
  }
}

function lineOf(request: DeviceRequest): string {
  const { functionCode, unit, address, count, values } = request;
  const table = ['coil', 'discrete', 'holding', 'input'][functionCode - 1];
  if (table !== undefined) return `R ${unit} ${table} ${address} ${count}`;
  const written = functionCode === 5 || functionCode === 15 ? 'coil' : 'holding';
  return `W ${unit} ${written} ${address} ${values.join(' ')}`;
}
