/** How commands reach a store: over the running agent's socket, else in the file itself. */
import { existsSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { storeSchema } from '../../config/schema.ts';
import { type ControlClient, connectControl } from '../store/control-client.ts';
import { openReadOnly } from '../store/database.ts';
import { type Methods, methodNamed } from '../store/methods.ts';
import { storePaths } from '../store/paths.ts';
import { duration } from './arguments.ts';
import type { Language } from './words.ts';

export interface StoreFlags {
  readonly config?: string;
  readonly store?: string;
  readonly lang?: Language;
  readonly json?: boolean;
}

/** `-c`, `--store`, `--lang` and `--json`, as every command on records has them. */
export function addStoreFlags(command: Command, jsonHelp: string): Command {
  return command
    .option('-c, --config <file>', 'take the store, the machine names and the language from it')
    .option('--store <dir>', 'directory of the store (default: that of the configuration)')
    .addOption(new Option('--lang <lang>', 'language of the output').choices(['ko', 'en']))
    .option('--json', jsonHelp);
}

export interface Place {
  readonly dir: string;
  readonly lang: Language;
  /** What operators call a machine; its id when nothing else is known. */
  readonly machineName: (id: string) => string;
}

/** A configuration with errors still says where the store is. Throws `config-unreadable`. */
export function placeOf(flags: StoreFlags): Place {
  const parsed = flags.config === undefined ? null : parseConfig(flags.config);
  const named = new Map(
    (parsed?.parts.machines ?? []).map(({ machine }) => [machine.id, machine.name]),
  );
  const configured = parsed?.parts.storePath ?? '';
  return {
    dir: flags.store ?? (configured === '' ? storeSchema.parse({}).path : configured),
    lang: flags.lang ?? parsed?.config?.gateway.locale ?? 'ko',
    machineName: (id) => named.get(id) ?? id,
  };
}

export interface StoreAccess {
  /** Whether a running agent answers, or its file is read. */
  readonly live: boolean;
  ask<M extends keyof Methods>(
    method: M,
    params: Methods[M]['params'],
  ): Promise<Methods[M]['result']>;
  close(): void;
}

/** The client of the agent that runs on this store, or null when none does. */
export async function runningAgent(dir: string): Promise<ControlClient | null> {
  try {
    return await connectControl(dir);
  } catch (thrown) {
    if (thrown instanceof PpuriError && thrown.code === 'agent-unreachable') return null;
    throw thrown;
  }
}

function openFile(dir: string): StoreAccess {
  const path = storePaths(dir).database;
  if (!existsSync(path))
    throw new PpuriError('store-unavailable', 'there is no store here', {
      operation: 'open the store for reading',
      subject: path,
      hint: 'name it with --store DIR or -c FILE; `ppuri run` makes it',
    });
  const db = openReadOnly(path);
  return {
    live: false,
    ask: async (method, params) => {
      const answer = methodNamed(method, false);
      if (answer === undefined) throw new Error(`no method ${method}`);
      return answer(db, params) as Methods[typeof method]['result'];
    },
    close: () => void db.close(),
  };
}

/** `… | head` has read enough: that ends the command, it is no failure. */
function endWithReader(error: Error): void {
  if (!('code' in error) || error.code !== 'EPIPE') throw error;
  process.exit();
}

/** Asks `use` of the store in `dir`, whether an agent runs on it or not. */
export async function withStore<T>(
  dir: string,
  use: (store: StoreAccess) => Promise<T>,
): Promise<T> {
  process.stdout.once('error', endWithReader);
  const client = await runningAgent(dir);
  const store: StoreAccess =
    client === null
      ? openFile(dir)
      : {
          live: true,
          ask: (method, params) => client.ask(method, params),
          close: () => client.close(),
        };
  try {
    return await use(store);
  } finally {
    store.close();
  }
}

/** `30m`, `2h`, `7d` ago, or a date and time (`2026-11-22`, `2026-11-22T08:00`, local) → epoch ms. */
export function moment(text: string): number {
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return Date.now() - duration(text);
  // A bare date would be taken as midnight in Greenwich.
  const wallMs = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text);
  if (Number.isFinite(wallMs)) return wallMs;
  throw new InvalidArgumentError('give a time such as 1h, 7d, 2026-11-22 or 2026-11-22T08:00');
}

/** A number of rows, or `all`. */
export function rowLimit(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('give a whole number above 0, or all');
}
