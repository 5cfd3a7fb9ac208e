/** How commands reach a store: over the running agent's socket, else in the file itself. */
import { dirname } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import type { Profile } from '../../config/profile.ts';
import { loadProfile } from '../../config/profile-load.ts';
import { storeSchema } from '../../config/schema.ts';
import {
  type ControlClient,
  connectControl,
  type Unreachable,
  whyUnreachable,
} from '../store/control-client.ts';
import { type Methods, methodNamed } from '../store/methods.ts';
import { storePaths } from '../store/paths.ts';
import { asStoreError, isDiskTrouble } from '../store/trouble.ts';
import { duration } from './arguments.ts';
import type { Output } from './output.ts';
import { openStoreFile } from './store-file.ts';
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
  /** Of the configuration, in its order; none without one. */
  readonly machines: readonly { readonly id: string; readonly name: string | null }[];
  /** What operators call a machine; its id when nothing else is known. */
  readonly machineName: (id: string) => string;
  /**
   * The profile with this id that a machine has or had (null: the one it has now); null when it
   * cannot be read any more.
   */
  readonly profileOf: (machine: string, profile: string | null) => Profile | null;
  /** Local times at which shifts begin; absent: the usual ones. */
  readonly shifts?: readonly string[];
  /** Machine → how many parts one of its shots has. */
  readonly parts: Readonly<Record<string, number>>;
}

/** For titles only: a profile that is damaged or gone must not hide what was kept. */
function readProfile(reference: string, base: string): Profile | null {
  try {
    return loadProfile(reference, base);
  } catch (thrown) {
    if (thrown instanceof PpuriError) return null;
    throw thrown;
  }
}

/** Each profile is read once. */
function profileShelf(references: ReadonlyMap<string, string>, base: string): Place['profileOf'] {
  const read = new Map<string, Profile | null>();
  const once = (reference: string): Profile | null => {
    const known = read.get(reference);
    const profile = known === undefined ? readProfile(reference, base) : known;
    read.set(reference, profile);
    return profile;
  };
  return (machine, id) => {
    const reference = references.get(machine) ?? id;
    const own = reference === null ? null : once(reference);
    return id === null || own?.id === id ? own : once(id);
  };
}

/** A configuration with errors still says where the store is. Throws `config-unreadable`. */
export function placeOf(flags: StoreFlags): Place {
  const parsed = flags.config === undefined ? null : parseConfig(flags.config);
  const machines = (parsed?.parts.machines ?? []).map(({ machine }) => machine);
  const named = new Map(machines.map(({ id, name }) => [id, name]));
  const profiles = new Map(machines.map(({ id, profile }) => [id, profile]));
  const configured = parsed?.parts.storePath ?? '';
  return {
    dir: flags.store ?? (configured === '' ? storeSchema.parse({}).path : configured),
    lang: flags.lang ?? parsed?.config?.gateway.locale ?? 'ko',
    machines: machines.map(({ id, name }) => ({ id, name: name ?? null })),
    machineName: (id) => named.get(id) ?? id,
    profileOf: profileShelf(profiles, flags.config === undefined ? '.' : dirname(flags.config)),
    parts: Object.fromEntries(
      machines.flatMap(({ id, parts }) => (parts.length > 1 ? [[id, parts.length]] : [])),
    ),
    ...(parsed?.config ? { shifts: parsed.config.gateway.shifts } : {}),
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

export type Reached =
  | { readonly client: ControlClient }
  | { readonly client: null; readonly why: Unreachable };

/** The client of the agent that runs on this store, or why there is none. */
export async function reachAgent(dir: string): Promise<Reached> {
  try {
    return { client: await connectControl(dir) };
  } catch (thrown) {
    if (!(thrown instanceof PpuriError) || thrown.code !== 'agent-unreachable') throw thrown;
    return { client: null, why: whyUnreachable(thrown) };
  }
}

const whyWords: Readonly<Record<Unreachable, Readonly<Record<Language, string>>>> = {
  absent: { ko: '에이전트가 실행 중이 아닙니다', en: 'the agent is not running' },
  silent: {
    ko: '에이전트가 응답하지 않습니다. 저장 프로세스가 멈춘 것 같습니다. 1분쯤 뒤에도 그대로이면 에이전트를 다시 시작하세요',
    en: 'the agent does not answer: its store process seems to hang; if it still does in a minute, restart the agent',
  },
  forbidden: {
    ko: '이 사용자는 에이전트에 물어볼 권한이 없습니다. sudo로 실행하세요',
    en: 'this user may not ask the agent: run the command with sudo',
  },
};

export function whyText(why: Unreachable, lang: Language): string {
  return whyWords[why][lang];
}

/** The store's file, whether or not an agent uses it. Throws `store-*`. */
export function openStore(dir: string): StoreAccess {
  const db = openStoreFile(storePaths(dir).database);
  return {
    live: false,
    ask: async (method, params) => {
      const answer = methodNamed(method, false);
      if (answer === undefined) throw new Error(`no method ${method}`);
      try {
        return answer(db, params) as Methods[typeof method]['result'];
      } catch (thrown) {
        if (!isDiskTrouble(thrown)) throw thrown;
        throw asStoreError(thrown, `read ${method} from the store`, db.name, 'reader');
      }
    },
    close: () => void db.close(),
  };
}

/**
 * `… | head` has read enough: that ends the command, it is no failure. A full disk behind stdout is
 * one, and the output has said so; reading on would be for nobody.
 */
function endWithReader(error: NodeJS.ErrnoException): void {
  process.exit(error.code === 'EPIPE' ? process.exitCode : exitCodes.checkFailed);
}

/**
 * Asks `use` of the store in `place`, whether an agent runs on it or not. An agent that is there and
 * does not answer is told on stderr; then its file is read.
 */
export async function withStore<T>(
  { dir, lang }: Pick<Place, 'dir' | 'lang'>,
  output: Output,
  use: (store: StoreAccess) => Promise<T>,
): Promise<T> {
  process.stdout.once('error', endWithReader);
  const reached = await reachAgent(dir);
  const store = reached.client === null ? openStore(dir) : liveStore(reached.client);
  try {
    if (reached.client === null && reached.why !== 'absent')
      output.note(whyText(reached.why, lang));
    return await use(store);
  } finally {
    store.close();
  }
}

function liveStore(client: ControlClient): StoreAccess {
  return {
    live: true,
    ask: (method, params) => client.ask(method, params),
    close: () => client.close(),
  };
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
