/**
 * Tells other programs of alerts by HTTP. It runs in the keep process: no network is near the loop.
 * What is posted is a notice and no delivery: the record itself goes by sync, however long that takes.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { OutputsConfig, WebhookConfig } from '../../config/outputs-schema.ts';
import { Backoff } from '../../drivers/backoff.ts';
import type { Alert, Severity } from '../records.ts';
import type { OutputEvents, OutputStatus } from './output.ts';
import { post } from './webhook-post.ts';

export interface WebhookPlan {
  readonly gateway: string;
  readonly outputs: OutputsConfig;
  /** Whether records go anywhere by sync. */
  readonly synced: boolean;
}

export interface WebhookPace {
  /** Longest wait after the first failure; doubled after each further one. */
  readonly firstRetryMs: number;
}

export interface Webhooks {
  /** To be called with every alert record as it is made; neither blocks nor throws. */
  onAlert(alert: Alert): void;
  /** `writes` are notices that were taken, `failed` attempts that were not. */
  status(): readonly OutputStatus[];
  /** Ends what is under way; what waits is not posted any more. */
  close(): Promise<void>;
}

const ranks: Readonly<Record<Severity, number>> = { info: 0, caution: 1, warning: 2, stop: 3 };
const TRIES = 5;
const LONGEST_RETRY_MS = 30_000;
/** Of alerts that wait; a plant of many machines in a flood has fewer that call. */
const MOST_WAITING = 64;
const MOST_REMEMBERED = 1024;

class Webhook {
  readonly #name: string;
  readonly #gateway: string;
  readonly #synced: boolean;
  readonly #config: WebhookConfig;
  readonly #events: OutputEvents;
  readonly #pace: WebhookPace;
  readonly #closing = new AbortController();
  /** By alert id, oldest first: of one alert only the newest counts. */
  readonly #waiting = new Map<string, Alert>();
  /** Standing alerts that were handed over, with the severity they had. */
  readonly #told = new Map<string, Severity>();
  #working: Promise<void> | null = null;
  #trouble = '';
  #taken = 0;
  #failed = 0;
  #dropped = 0;

  constructor(name: string, config: WebhookConfig, plan: WebhookPlan, around: Around) {
    this.#name = name;
    this.#config = config;
    this.#gateway = plan.gateway;
    this.#synced = plan.synced;
    this.#events = around.events;
    this.#pace = around.pace;
  }

  onAlert(alert: Alert): void {
    if (this.#closing.signal.aborted || !this.#concerns(alert)) return;
    if (alert.state === 'cleared') this.#told.delete(alert.id);
    else this.#remember(alert);
    this.#waiting.delete(alert.id);
    this.#waiting.set(alert.id, alert);
    this.#drop();
    this.#working ??= this.#work();
  }

  status(): OutputStatus {
    const counts = { writes: this.#taken, failed: this.#failed };
    const { type } = this.#config;
    return {
      ...{ name: this.#name, type, ...counts },
      ok: this.#trouble === '',
      detail: this.#trouble,
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
  }

  /** What calls for attention, once and again when it became worse; and its end. */
  #concerns({ id, state, severity, handling }: Alert): boolean {
    const told = this.#told.get(id);
    const calls =
      ranks[severity] >= ranks[this.#config.minSeverity] &&
      (handling === undefined || handling.attention === 'call');
    // One that an earlier run told of is not remembered, but it called then as it does now.
    if (state === 'cleared') return told !== undefined || calls;
    return calls && (told === undefined || ranks[severity] > ranks[told]);
  }

  #remember({ id, severity }: Alert): void {
    this.#told.set(id, severity);
    if (this.#told.size <= MOST_REMEMBERED) return;
    const [oldest = ''] = this.#told.keys();
    this.#told.delete(oldest);
  }

  #drop(): void {
    if (this.#waiting.size <= MOST_WAITING) return;
    const [oldest = ''] = this.#waiting.keys();
    this.#waiting.delete(oldest);
    this.#dropped += 1;
    if (this.#dropped > 1) return;
    this.#warn(
      'webhook-behind',
      `more than ${MOST_WAITING} alerts wait; the oldest are not posted`,
    );
  }

  async #work(): Promise<void> {
    for (const [id, alert] of this.#waiting) {
      this.#waiting.delete(id);
      await this.#deliver(alert);
      if (this.#closing.signal.aborted) return;
    }
    if (this.#dropped > 0) {
      const records = this.#synced
        ? 'their records go by sync'
        : 'their records are in the store only';
      const text = `caught up; ${this.#dropped} alerts were not posted, ${records}`;
      this.#events.tell('webhook-caught-up', 'info', this.#name, text);
      this.#dropped = 0;
    }
    this.#working = null;
  }

  /** Until it is taken, refused, given up, or a newer one of the same alert waits. */
  async #deliver(alert: Alert): Promise<void> {
    const { signal } = this.#closing;
    const body = Buffer.from(JSON.stringify({ gateway: this.#gateway, alert }));
    const backoff = new Backoff(this.#pace.firstRetryMs, LONGEST_RETRY_MS);
    for (;;) {
      const posted = await post(this.#config, body, signal);
      if (signal.aborted) return;
      if (posted.outcome === 'taken') {
        this.#taken += 1;
        this.#trouble = '';
        return;
      }
      this.#failed += 1;
      this.#trouble = posted.why;
      const waitMs = backoff.fail();
      if (posted.outcome === 'refused' || backoff.failures >= TRIES) {
        this.#giveUp(alert, posted.why, backoff.failures);
        return;
      }
      await wait(waitMs, null, { signal }).catch(() => undefined);
      if (signal.aborted || this.#waiting.has(alert.id)) return;
    }
  }

  #giveUp({ id, cause, machine }: Alert, why: string, tries: number): void {
    const { host } = new URL(this.#config.url);
    const times = tries === 1 ? '1 try' : `${tries} tries`;
    const what = `alert ${id} (${cause} of ${machine}) was not posted to ${host} in ${times}`;
    const record = this.#synced
      ? 'its record is kept and goes by sync'
      : 'its record is kept in the store only: no sync is configured';
    this.#warn('webhook-gave-up', `${what}: ${why}; ${record}`);
  }

  #warn(kind: string, text: string): void {
    this.#events.tell(kind, 'warn', this.#name, text);
  }
}

interface Around {
  readonly events: OutputEvents;
  readonly pace: WebhookPace;
}

/** Every webhook of the configuration. Nothing is connected before the first alert. */
export function createWebhooks(
  plan: WebhookPlan,
  events: OutputEvents,
  pace: WebhookPace = { firstRetryMs: 1000 },
): Webhooks {
  const hooks = Object.entries(plan.outputs).flatMap(([name, output]) =>
    output.type === 'webhook' ? [new Webhook(name, output, plan, { events, pace })] : [],
  );
  return {
    onAlert: (alert) => {
      for (const hook of hooks) hook.onAlert(alert);
    },
    status: () => hooks.map((hook) => hook.status()),
    close: async () => {
      await Promise.all(hooks.map((hook) => hook.close()));
    },
  };
}
