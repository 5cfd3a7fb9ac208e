/** What every way of giving labels on the command line shares: the running agent, and who says so. */
import { userInfo } from 'node:os';
import { PpuriError } from '../../config/errors.ts';
import type { LabelOutcome, LabelTaken } from '../labels/outcome.ts';
import type { LabelRequest } from '../labels/request.ts';
import { refusalText } from '../labels/words.ts';
import type { ControlClient } from '../store/control-client.ts';
import { storePaths } from '../store/paths.ts';
import { type Place, placeOf, reachAgent, type StoreFlags, whyText } from './store-access.ts';
import type { Language } from './words.ts';

const hints = {
  absent: {
    ko: '검사 결과는 실행 중인 에이전트가 저장합니다. `ppuri run`을 시작한 뒤 다시 실행하세요. 저장소는 -c 또는 --store로 지정합니다',
    en: 'a running agent keeps labels: start `ppuri run`, then try again; -c or --store says which store',
  },
  forbidden: { ko: 'sudo로 실행하세요', en: 'run it with sudo' },
  silent: { ko: '`ppuri status`로 상태를 확인하세요', en: 'see `ppuri status`' },
} as const;

/** Of the agent that runs on this store. Rejects with `agent-unreachable`. */
export async function withAgent<T>(
  { dir, lang }: Pick<Place, 'dir' | 'lang'>,
  use: (client: ControlClient) => Promise<T>,
): Promise<T> {
  const reached = await reachAgent(dir);
  if (reached.client === null)
    throw new PpuriError('agent-unreachable', whyText(reached.why, lang), {
      operation: 'give the running agent a label',
      subject: storePaths(dir).socket,
      hint: hints[reached.why][lang],
    });
  try {
    return await use(reached.client);
  } catch (thrown) {
    throw inLanguage(thrown, lang);
  } finally {
    reached.client.close();
  }
}

/** A refusal in the language of who reads it; anything else as it is. */
function inLanguage(thrown: unknown, lang: Language): unknown {
  if (!(thrown instanceof PpuriError) || thrown.code !== 'label-refused') return thrown;
  const { operation, subject, hint } = thrown;
  const message = refusalText(thrown.message)[lang];
  return new PpuriError('label-refused', message, { operation, subject, hint, cause: thrown });
}

/** Rejects with `label-refused` and the like. */
export async function giveLabel(client: ControlClient, request: LabelRequest): Promise<LabelTaken> {
  return (await client.command('label', { ...request })) as LabelTaken;
}

/** Each with what became of it, in order. */
export async function giveLabels(
  client: ControlClient,
  labels: readonly (LabelRequest | null)[],
  dryRun: boolean,
): Promise<readonly LabelOutcome[]> {
  const answer = await client.command('label-many', { labels, dryRun });
  return (answer as { readonly outcomes: readonly LabelOutcome[] }).outcomes;
}

/** Who runs the command, behind sudo too; a user without a name by number. */
export function thisUser(): string {
  const { SUDO_USER } = process.env;
  if (SUDO_USER !== undefined && SUDO_USER !== '') return SUDO_USER;
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

export const labelLanguage = (flags: StoreFlags): Language => {
  try {
    return placeOf(flags).lang;
  } catch {
    // The configuration that would say is what failed, and is told of in the error itself.
    return flags.lang ?? 'ko';
  }
};
