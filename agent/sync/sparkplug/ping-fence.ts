/** Whether a broker has read all that was written to it: it answers in the order of what it reads. */
import type { MqttClient } from 'mqtt';

export class PingFence {
  readonly #client: MqttClient;
  readonly #waiting = new Map<number, (answered: boolean) => void>();
  #sent = 0;
  #answered = 0;

  constructor(client: MqttClient) {
    this.#client = client;
    // The client's own keep-alive pings count as well, so that answers are told apart.
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.#sent += 1;
    });
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'pingresp') this.#answer();
    });
  }

  /** True once the broker answered a ping sent now; false when the connection ended before. */
  pass(): Promise<boolean> {
    if (!this.#client.connected) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#client.sendPing();
      this.#waiting.set(this.#sent, resolve);
    });
  }

  end(): void {
    for (const mine of [...this.#waiting.keys()]) this.#settle(mine, false);
  }

  #answer(): void {
    this.#answered += 1;
    this.#settle(this.#answered, true);
  }

  #settle(mine: number, answered: boolean): void {
    const settle = this.#waiting.get(mine);
    this.#waiting.delete(mine);
    settle?.(answered);
  }
}
