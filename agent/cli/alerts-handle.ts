/** `ppuri alerts ack|shelve|unshelve|false|silence`: what an operator does at the screen, over ssh. */
import type { Command } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { refusalInWords } from './agent-refusals.ts';
import { duration } from './arguments.ts';
import { labelLanguage, thisUser } from './label-agent.ts';
import { action, type Output } from './output.ts';
import { addStoreFlags, placeOf, reachAgent, type StoreFlags, whyText } from './store-access.ts';
import type { Language } from './words.ts';

interface HandleFlags extends StoreFlags {
  readonly by?: string;
  readonly for?: number;
  readonly reason?: string;
}

const startIt: Readonly<Record<Language, string>> = {
  ko: '실행 중인 에이전트만 할 수 있습니다. `ppuri run -c FILE`로 시작하세요',
  en: 'only a running agent can do this; start it with `ppuri run -c FILE`',
};

/** Asks the running agent to do something; what it says is the outcome. Rejects with its error. */
export async function askAgent(
  flags: StoreFlags,
  method: string,
  params: Readonly<Record<string, unknown>>,
): Promise<{ readonly result: unknown; readonly lang: Language }> {
  const { dir, lang } = placeOf(flags);
  const reached = await reachAgent(dir);
  if (reached.client === null)
    throw new PpuriError('agent-unreachable', whyText(reached.why, lang), {
      operation: method,
      subject: dir,
      hint: startIt[lang],
    });
  try {
    return { result: await reached.client.command(method, params), lang };
  } catch (thrown) {
    throw refusalInWords(thrown, String(params.id ?? params.name ?? dir), lang);
  } finally {
    reached.client.close();
  }
}

const done: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  'alert-acknowledge': { ko: '확인했습니다', en: 'acknowledged' },
  'alert-shelve': { ko: '보류했습니다', en: 'put off' },
  'alert-unshelve': { ko: '보류를 해제했습니다', en: 'no longer put off' },
  'alert-false': { ko: '오경보로 기록했습니다', en: 'noted as a false alarm' },
  'buzzer-silence': { ko: '부저를 껐습니다', en: 'the buzzer is silenced' },
};

async function handle(
  output: Output,
  flags: HandleFlags,
  method: string,
  more: Readonly<Record<string, unknown>>,
): Promise<void> {
  const who = flags.by ?? thisUser();
  const { lang } = await askAgent(flags, method, { ...more, who, from: 'cli' });
  if (flags.json === true) output.json({ method, ...more, who });
  else output.line(done[method]?.[lang] ?? method);
}

function addOne(alerts: Command, usage: string, description: string, method: string): Command {
  const command = alerts.command(usage).description(description);
  addStoreFlags(command, 'one JSON object').option(
    '--by <name>',
    'who did it (default: this user)',
  );
  if (method === 'buzzer-silence')
    return command.action(
      action(
        description,
        (output, flags: HandleFlags) => handle(output, flags, method, {}),
        labelLanguage,
      ),
    );
  return command.action(
    action(
      description,
      (output, id: string, flags: HandleFlags) => {
        const shelf =
          method === 'alert-shelve'
            ? { minutes: (flags.for ?? 0) / 60_000, reason: flags.reason ?? '' }
            : {};
        return handle(output, flags, method, { id, ...shelf });
      },
      (_id, flags) => labelLanguage(flags),
    ),
  );
}

export function addAlertHandling(alerts: Command): void {
  addOne(alerts, 'ack <id>', 'acknowledge an alert: somebody has seen it', 'alert-acknowledge');
  addOne(alerts, 'shelve <id>', 'put an alert off for a time, with a reason', 'alert-shelve')
    .requiredOption('--for <time>', 'how long, e.g. 30m; at most 8h', duration)
    .requiredOption('--reason <text>', 'why, for the next shift to read');
  addOne(alerts, 'unshelve <id>', 'end a putting off early', 'alert-unshelve');
  addOne(alerts, 'false <id>', 'note that there was nothing: a false alarm', 'alert-false');
  addOne(alerts, 'silence', 'silence the buzzer until the next call', 'buzzer-silence');
}
