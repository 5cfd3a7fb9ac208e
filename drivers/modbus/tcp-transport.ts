import { PpuriError } from '../../config/errors.ts';
import { ofRequest } from '../describe.ts';
import type { ReadRequest, WriteRequest } from '../driver.ts';
import type { Abandoned, RegisterLink, Settle, Transport } from '../transport.ts';
import { PduClient, type PduDone } from './pdu-client.ts';
import { StrictTcpPort, type TcpEndpoint, TransactionIds } from './strict-tcp-port.ts';

/** Modbus TCP: MBAP frames, one connection at a time, a fresh one after every loss or time-out. */
export class ModbusTcpTransport implements Transport {
  readonly endpoint: string;
  /** A transaction id tells every reply from every other. */
  readonly quarantineMs = 0;
  readonly reopenAfter = 1;
  readonly #address: TcpEndpoint;
  readonly #connectTimeoutMs: number;
  readonly #ids = new TransactionIds();

  constructor(endpoint: string, address: TcpEndpoint, connectTimeoutMs: number) {
    this.endpoint = endpoint;
    this.#address = address;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  connect(lost: (cause: PpuriError) => void, signal: AbortSignal): Promise<RegisterLink> {
    const port = new StrictTcpPort(this.#ids);
    const link = new TcpLink(port, this.endpoint, lost);
    return new Promise((resolve, reject) => {
      const give = (cause: PpuriError): void => {
        clearTimeout(timer);
        port.destroy();
        reject(cause);
      };
      const late = (): void => give(this.#refusal('bus-unavailable'));
      const aborted = (): void => give(this.#refusal('bus-closed'));
      const timer = setTimeout(late, this.#connectTimeoutMs);
      signal.addEventListener('abort', aborted, { once: true });
      const opened = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
        link.opened();
        resolve(link);
      };
      port.connect(this.#address, opened, (cause) => {
        if (link.isOpened) link.failed(cause);
        else give(cause);
      });
    });
  }

  #refusal(code: 'bus-unavailable' | 'bus-closed'): PpuriError {
    const details = { operation: 'connect', subject: this.endpoint };
    if (code === 'bus-closed') return new PpuriError('bus-closed', 'the bus was closed', details);
    const ms = this.#connectTimeoutMs;
    return new PpuriError('bus-unavailable', `not connected: no answer within ${ms} ms`, {
      ...details,
      hint: 'check address, cable and power, and that no firewall drops the port',
    });
  }
}

class TcpLink implements RegisterLink {
  readonly strayBytes = 0;
  readonly quietUntilMs = 0;
  readonly #port: StrictTcpPort;
  readonly #endpoint: string;
  readonly #lost: (cause: PpuriError) => void;
  #client: PduClient | null = null;
  #outstanding: Settle<readonly number[]> | null = null;
  #request: ReadRequest | WriteRequest | null = null;

  constructor(port: StrictTcpPort, endpoint: string, lost: (cause: PpuriError) => void) {
    this.#port = port;
    this.#endpoint = endpoint;
    this.#lost = lost;
  }

  get isOpened(): boolean {
    return this.#client !== null;
  }

  unitQuietUntilMs(): number {
    return 0;
  }

  get bytesSent(): number {
    return this.#port.bytesSent;
  }

  get bytesReceived(): number {
    return this.#port.bytesReceived;
  }

  opened(): void {
    this.#client = new PduClient(this.#port, this.#endpoint);
  }

  failed(cause: PpuriError): void {
    if (this.#request !== null) this.#settle(ofRequest(cause, this.#request, this.#endpoint), []);
    this.#lost(cause);
  }

  read(request: ReadRequest, settle: Settle<readonly number[]>): void {
    this.#outstanding = settle;
    this.#request = request;
    this.#client?.read(request, this.#settle);
  }

  write(request: WriteRequest, settle: Settle<readonly number[]>): void {
    this.#outstanding = settle;
    this.#request = request;
    this.#client?.write(request, this.#settle);
  }

  abandon(): Abandoned {
    this.#outstanding = null;
    return { link: 'lost' };
  }

  async close(): Promise<void> {
    this.#outstanding = null;
    this.#port.destroy();
  }

  readonly #settle: PduDone = (error, words) => {
    const settle = this.#outstanding;
    this.#outstanding = null;
    this.#request = null;
    settle?.(error, words, this.#port.receivedAt);
  };
}
