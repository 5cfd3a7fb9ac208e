/** A scripted instrument as the contract suite wants it, over whatever carries its text. */
import { LineDevice } from '../fixtures/line-device.ts';
import { PtyBridge } from '../fixtures/pty-bridge.ts';
import type { ContractInstrument } from './line-contract.ts';

export class ContractDevice implements ContractInstrument {
  readonly muted = new Set<number>();
  readonly device = new LineDevice((request, send) => this.#answer(request, send));
  /** The device file; null where it is reached over TCP. */
  readonly bridge: PtyBridge | null;
  #held: (() => void)[] | null = null;

  constructor(carrier: 'tcp' | 'pty') {
    this.bridge = carrier === 'pty' ? new PtyBridge(() => this.device.port) : null;
  }

  get connections(): number {
    return this.device.connections;
  }

  get seen() {
    return this.device.seen;
  }

  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const send of held) send();
  }

  say(text: string): void {
    this.device.say(text);
  }

  asked(times: number): Promise<void> {
    return this.device.asked(times);
  }

  opened(): Promise<void> {
    return this.device.opened();
  }

  async start(): Promise<void> {
    await this.device.start();
    await this.bridge?.plug();
  }

  async stop(): Promise<void> {
    await this.bridge?.unplug();
    await this.device.stop();
  }

  #answer(request: string, send: (text: string) => void): void {
    const [, unit = '', tag] = /^\? (\d+) (\w+)$/.exec(request) ?? [];
    if (tag === undefined || this.muted.has(Number(unit))) return;
    const reply = (): void => send(`= ${unit} ${tag}\r\n`);
    if (this.#held === null) reply();
    else this.#held.push(reply);
  }
}

export async function contractDevice(carrier: 'tcp' | 'pty'): Promise<ContractDevice> {
  const device = new ContractDevice(carrier);
  await device.start();
  return device;
}
