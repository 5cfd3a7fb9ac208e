/** What the primary host says of itself in its STATE messages. */

export interface HostState {
  readonly online: boolean;
  /** Ms since 1970 UTC, of the host's session; the same in its birth and its death. */
  readonly timestamp: number;
}

/** Null where the payload is no STATE message of Sparkplug 3.0. */
export function parseHostState(payload: Uint8Array): HostState | null {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return null;
  }
  if (typeof said !== 'object' || said === null) return null;
  if (!('online' in said) || typeof said.online !== 'boolean') return null;
  if (!('timestamp' in said) || !Number.isSafeInteger(said.timestamp)) return null;
  return { online: said.online, timestamp: Number(said.timestamp) };
}

/** Follows one host. A message older than the newest one is another session's, and says nothing. */
export class HostWatch {
  #latest: HostState | null = null;

  get online(): boolean {
    return this.#latest?.online ?? false;
  }

  /** False when the message changes nothing. */
  hear(state: HostState): boolean {
    if (this.#latest !== null && state.timestamp < this.#latest.timestamp) return false;
    const changed = state.online !== this.online;
    this.#latest = state;
    return changed;
  }

  /** A new connection has to be told anew; the order of timestamps stays. */
  forget(): void {
    if (this.#latest !== null) this.#latest = { ...this.#latest, online: false };
  }
}
