import { createServer, type Server, type Socket } from 'node:net';
import { gaugeBus } from '../../drivers/_blueprint/gauge-bus.ts';
import { busContract, type ContractDevice } from './bus-contract.ts';

class GaugeDevice implements ContractDevice {
  readonly seen: { line: string; atMs: number }[] = [];
  readonly muted = new Set<number>();
  readonly refusing = new Set<number>();
  connections = 0;
  port = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #held: (() => void)[] | null = null;

  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const send of held) send();
  }

  async start(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.setEncoding('latin1');
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    let text = '';
    socket.on('data', (part) => {
      text += String(part);
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        this.#answer(text.slice(0, end), socket);
        text = text.slice(end + 1);
      }
    });
  }

  #answer(line: string, socket: Socket): void {
    this.seen.push({ line, atMs: performance.now() });
    const [verb, unit, table, address, count] = line.split(' ');
    if (this.muted.has(Number(unit))) return;
    const words = Array.from({ length: Number(count) }, (_, i) =>
      wordAt(Number(unit), table ?? '', Number(address) + i),
    );
    const good = verb === 'R' ? `= ${words.join(' ')}\n` : 'ok\n';
    const reply = this.refusing.has(Number(unit)) ? '! 2\n' : good;
    if (this.#held === null) socket.write(reply);
    else this.#held.push(() => socket.write(reply));
  }
}

function wordAt(unit: number, table: string, address: number): number {
  return (unit * 1000 + table.length * 100 + address) & 0xffff;
}

busContract('blueprint', {
  device: async () => {
    const device = new GaugeDevice();
    await device.start();
    return device;
  },
  bus: (device, { timeoutMs, ...options }) => {
    const port = device instanceof GaugeDevice ? device.port : 0;
    return gaugeBus.create('gauge', { type: 'gauge', host: '127.0.0.1', port, timeoutMs }, options);
  },
  wordAt,
});
