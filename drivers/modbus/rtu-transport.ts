import type { PpuriError } from '../../config/errors.ts';
import type { Channel, ChannelOpener } from '../channel/channel.ts';
import { ofRequest } from '../describe.ts';
import type { ReadRequest, WriteRequest } from '../driver.ts';
import type { Abandoned, RegisterLink, Settle, Transport } from '../transport.ts';
import { PduClient } from './pdu-client.ts';
import { RtuPort, type RtuTiming } from './rtu-port.ts';

/** What the specification asks above 19200 baud, and the least there is below. */
const leastSilenceMs = 1.75;
const silentCharacters = 3.5;

export interface RtuOptions {
  readonly timeoutMs: number;
  /** Absent: as the baud rate asks. */
  readonly silenceMs?: number | undefined;
  readonly echo: 'none' | 'cancel';
  readonly reopenAfter: number;
}

/** max(3.5 characters, 1.75 ms), or longer where the configuration says so. */
export function silenceOf(byteMs: number | null, asked: number | undefined): number {
  return Math.max(leastSilenceMs, silentCharacters * (byteMs ?? 0), asked ?? 0);
}

/** Modbus RTU over any channel: a serial port, or a serial converter's TCP end. */
export class RtuTransport implements Transport {
  readonly endpoint: string;
  readonly quarantineMs: number;
  readonly reopenAfter: number;
  readonly #opener: ChannelOpener;
  readonly #timing: RtuTiming;
  readonly #echo: 'none' | 'cancel';

  constructor(opener: ChannelOpener, options: RtuOptions) {
    const { timeoutMs, silenceMs, echo, reopenAfter } = options;
    this.endpoint = opener.endpoint;
    this.quarantineMs = 2 * timeoutMs;
    this.reopenAfter = reopenAfter;
    this.#opener = opener;
    this.#echo = echo;
    const { byteMs } = opener;
    this.#timing = {
      byteMs,
      silenceMs: silenceOf(byteMs, silenceMs),
      timeoutMs,
    };
  }

  async connect(lost: (cause: PpuriError) => void, signal: AbortSignal): Promise<RegisterLink> {
    let link: RtuLink | null = null;
    const channel = await this.#opener.open(
      {
        receive: (bytes) => link?.receive(bytes),
        lost: (cause) => (link === null ? lost(cause) : link.failed(cause)),
      },
      signal,
    );
    link = new RtuLink(channel, this.endpoint, this.#timing, this.#echo, lost);
    return link;
  }
}

class RtuLink implements RegisterLink {
  readonly #channel: Channel;
  readonly #port: RtuPort;
  readonly #client: PduClient;
  readonly #endpoint: string;
  readonly #lost: (cause: PpuriError) => void;
  #outstanding: Settle<readonly number[]> | null = null;
  #request: ReadRequest | WriteRequest | null = null;

  constructor(
    channel: Channel,
    endpoint: string,
    timing: RtuTiming,
    echo: 'none' | 'cancel',
    lost: (cause: PpuriError) => void,
  ) {
    this.#channel = channel;
    this.#endpoint = endpoint;
    this.#lost = lost;
    this.#port = new RtuPort(channel, timing, echo);
    this.#client = new PduClient(this.#port, endpoint);
  }

  get bytesSent(): number {
    return this.#channel.bytesSent;
  }

  get bytesReceived(): number {
    return this.#channel.bytesReceived;
  }

  get strayBytes(): number {
    return this.#port.strayBytes;
  }

  get quietUntilMs(): number {
    return this.#port.quietUntilMs;
  }

  unitQuietUntilMs(unit: number): number {
    return this.#port.unitQuietUntilMs(unit);
  }

  receive(bytes: Uint8Array): void {
    this.#port.receive(bytes);
  }

  failed(cause: PpuriError): void {
    this.#port.close();
    if (this.#request !== null) this.#settleWith(ofRequest(cause, this.#request, this.#endpoint));
    this.#lost(cause);
  }

  read(request: ReadRequest, settle: Settle<readonly number[]>): void {
    this.#begin(request, settle);
    this.#client.read(request, this.#done);
  }

  write(request: WriteRequest, settle: Settle<readonly number[]>): void {
    this.#begin(request, settle);
    this.#client.write(request, this.#done);
  }

  abandon(): Abandoned {
    this.#outstanding = null;
    this.#request = null;
    const { text, damaged } = this.#port.abandon();
    return { link: 'silence', instead: text, reply: damaged ? 'damaged' : 'pending' };
  }

  close(): Promise<void> {
    this.#outstanding = null;
    this.#port.close();
    return this.#channel.close();
  }

  #begin(request: ReadRequest | WriteRequest, settle: Settle<readonly number[]>): void {
    this.#request = request;
    this.#outstanding = settle;
  }

  readonly #done = (error: PpuriError | null, words: readonly number[]): void => {
    if (error === null) this.#settleWith(null, words);
    else this.#settleWith(error);
  };

  #settleWith(error: PpuriError | null, words: readonly number[] = []): void {
    const settle = this.#outstanding;
    this.#outstanding = null;
    this.#request = null;
    settle?.(error, words, this.#port.receivedAt);
  }
}
