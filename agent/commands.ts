/** What people ask of a running agent, by name: from the control socket and from the panel. */
import { PpuriError } from '../config/errors.ts';
import type { Actor, AlertDesk } from './alerts/desk.ts';
import type { LabelDesk } from './label-desk.ts';
import type { ModelDesk } from './model-desk.ts';
import type { ProductionDesk } from './production-desk.ts';
import type { Deed } from './records.ts';
import type { Command } from './store/keeper.ts';

export interface CommandParts {
  readonly alerts: AlertDesk;
  readonly models: ModelDesk;
  readonly labels: LabelDesk;
  readonly production: ProductionDesk;
  readonly deed: (deed: Deed) => void;
  /** What was said so far is on the disk, or the store is not there to put it on. Never rejects. */
  readonly kept: () => Promise<void>;
}

type Fields = Readonly<Record<string, unknown>>;

function wrong(method: string, name: string, what: string): PpuriError {
  return new PpuriError('usage', `${name} of ${method} is ${what}`, {
    operation: method,
    subject: name,
    hint: 'the command and the agent may be of different versions',
  });
}

function textOf(method: string, fields: Fields, name: string, most = 200): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '' || value.length > most)
    throw wrong(method, name, `a text of up to ${most} characters`);
  return value;
}

function actorOf(method: string, fields: Fields): Actor {
  const { from } = fields;
  if (from !== 'panel' && from !== 'cli') throw wrong(method, 'from', 'panel or cli');
  return { who: textOf(method, fields, 'who', 64), from };
}

type Handler = (parts: CommandParts, fields: Fields, method: string) => unknown;

/** Confirmed once it would outlive a power cut. */
const onDisk =
  (act: (...asked: Parameters<Handler>) => void): Handler =>
  async (parts, fields, method) => {
    act(parts, fields, method);
    await parts.kept();
  };

/** Who did it would outlive a power cut too. */
const noted =
  (act: (...asked: Parameters<Handler>) => Promise<unknown>): Handler =>
  async (parts, fields, method) => {
    const done = await act(parts, fields, method);
    await parts.kept();
    return done;
  };

/** What inspection says may speak against a model on trial. */
const weighed =
  (take: (...asked: Parameters<Handler>) => Promise<unknown>): Handler =>
  async (parts, fields, method) => {
    const taken = await take(parts, fields, method);
    parts.models.noticeLabels();
    return taken;
  };

const handlers: Readonly<Record<string, Handler>> = {
  'model-use': noted(({ models }, fields) => models.use(fields)),
  'model-rollback': noted(({ models }, fields) => models.rollback(fields)),
  'model-restore': async ({ models }, fields) => {
    await models.restore(String(fields.hash));
    return { hash: fields.hash };
  },
  'alert-acknowledge': onDisk(({ alerts }, fields, method) =>
    alerts.acknowledge(textOf(method, fields, 'id'), actorOf(method, fields)),
  ),
  'alert-shelve': onDisk(({ alerts }, fields, method) => {
    const { minutes } = fields;
    if (typeof minutes !== 'number') throw wrong(method, 'minutes', 'a number');
    const reason = textOf(method, fields, 'reason');
    alerts.shelve(textOf(method, fields, 'id'), minutes, reason, actorOf(method, fields));
  }),
  'alert-unshelve': onDisk(({ alerts }, fields, method) =>
    alerts.unshelve(textOf(method, fields, 'id'), actorOf(method, fields)),
  ),
  'alert-false': onDisk(({ alerts }, fields, method) =>
    alerts.markFalse(textOf(method, fields, 'id'), actorOf(method, fields)),
  ),
  label: weighed(({ labels }, fields) => labels.take(fields)),
  'label-many': weighed(({ labels }, fields) => labels.takeMany(fields)),
  'stop-reason': noted(({ production }, fields, method) =>
    production.giveReason(fields, actorOf(method, fields)),
  ),
  'buzzer-silence': ({ alerts }, fields, method) => alerts.silence(actorOf(method, fields)),
};

/** Of the keep child alone: what its panel has to tell. */
const ownHandlers: Readonly<Record<string, Handler>> = {
  deed: ({ deed }, fields, method) => {
    const detail = fields.detail === null ? null : textOf(method, fields, 'detail');
    const [what, subject] = [textOf(method, fields, 'what'), textOf(method, fields, 'subject')];
    const at = { monoMs: performance.now(), wallMs: Date.now() };
    deed({ what, subject, detail, at, ...actorOf(method, fields) });
  },
};

/** What the control socket passes on. */
export const commandNames: readonly string[] = Object.keys(handlers);

/** Rejects with what the handler throws; `usage` for a name that nobody handles. */
export async function runCommand(
  parts: CommandParts,
  { method, params }: Command,
): Promise<unknown> {
  const handler = handlers[method] ?? ownHandlers[method];
  if (handler === undefined) throw wrong(method, 'method', 'not known');
  const fields = typeof params === 'object' && params !== null ? (params as Fields) : {};
  return (await handler(parts, fields, method)) ?? {};
}
