/** Whether an agent does its work, for supervisors: `GET /healthz`. */

export interface HealthSource {
  readonly condition: 'ok' | 'full' | 'down';
  /** The loop's last status, of whatever version; null: none yet. */
  readonly agent: unknown;
  readonly silentMs: number | null;
}

export interface Health {
  /** `degraded`: it works, and someone should look. A machine that is off is not the agent's health. */
  readonly state: 'ok' | 'degraded' | 'down';
  readonly checks: {
    readonly loop: 'ok' | 'starting' | 'silent';
    readonly store: HealthSource['condition'];
    readonly clock: 'known' | 'unknown';
    readonly machinesLost: number;
  };
}

const silentMs = 15_000;

interface Seen {
  readonly clock?: { readonly known?: boolean };
  readonly machines?: readonly { readonly link?: string }[];
}

export function healthOf(source: HealthSource): Health {
  const agent = (source.agent ?? {}) as Seen;
  const loop = source.silentMs === null ? 'starting' : source.silentMs > silentMs ? 'silent' : 'ok';
  const lost = (agent.machines ?? []).filter(({ link }) => link === 'lost').length;
  const isDown = loop !== 'ok' || source.condition === 'down';
  const isDegraded = source.condition === 'full' || lost > 0;
  return {
    state: isDown ? 'down' : isDegraded ? 'degraded' : 'ok',
    checks: {
      loop,
      store: source.condition,
      clock: agent.clock?.known === true ? 'known' : 'unknown',
      machinesLost: lost,
    },
  };
}
