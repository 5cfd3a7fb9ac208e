/** `ppuri ledger`: what is kept, what was delivered, and a count for everything that is not. */
import type { Command } from 'commander';
import type { GapRow, Ledger } from '../store/account-queries.ts';
import { connectControl } from '../store/control-client.ts';
import { action, type Output } from './output.ts';
import { addStoreFlags, type Place, placeOf, type StoreFlags, withStore } from './store-access.ts';
import { type Column, tableLines } from './table.ts';
import type { Language } from './words.ts';

const help = `
Every record has a number in its start of the agent, without holes. A number with no record is in a
gap, with its reason: removed to make room (evicted), never kept by a start that ended (unkept), later
than the backup that was put back (set-back; as far as the note beside the file, ppuri.last, tells), or
given up while the store was down (memory-full …). What a sync target can never take is undeliverable:
it is in the store, and "target" names who lacks it: once the cause is put right, --retry gives all of
that target's to it again, by the running agent. A gap of part features or readings is of shots
whose verdicts are still there.

--json prints one object: {"live","kept":n,"delivered":{"<target>":n},"pending":{"<target>":n},
"gaps":[{"boot","from","to","count","reason","part":"record"|"features"|"readings","delivered","target"?}],
"unexplained":n}; live: a running agent answered; unexplained: numbers of the newest start that wait
for room at this moment, or that nothing tells of.

--retry --json prints {"target","count"}.

Examples:
  ppuri ledger -c ppuri.yaml
  ppuri ledger -c ppuri.yaml --retry mqtt
  ppuri ledger --store /var/lib/ppuri --json`;

const reasonWords: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  evicted: { ko: '용량 확보를 위해 삭제', en: 'removed to make room' },
  unkept: { ko: '종료 전에 저장하지 못함', en: 'not kept before the end' },
  'set-back': {
    ko: '백업 복원 등으로 저장 파일에서 사라짐',
    en: 'kept once, and gone since a backup was put back or the file was lost',
  },
  'memory-full': { ko: '저장 중단 중 메모리 초과', en: 'memory ran out while the store was down' },
  refused: { ko: '저장할 수 없는 기록', en: 'cannot be stored' },
  'store-damaged': { ko: '손상된 저장 파일에 있음', en: 'in a damaged file that was set aside' },
  undeliverable: { ko: '수신 측이 받을 수 없음', en: 'the target can never take it' },
  'after-close': { ko: '종료 후 발생', en: 'made after the end' },
};

const partWords = {
  record: { ko: '기록', en: 'records' },
  features: { ko: '특징값', en: 'features' },
  readings: { ko: '원시 측정값', en: 'raw readings' },
} as const;

function whyText({ reason, delivered, target }: GapRow, lang: Language): string {
  const known = reasonWords[reason]?.[lang] ?? reason;
  const words = target === undefined ? known : `${known}: ${target}`;
  if (!delivered) return words;
  return lang === 'ko' ? `${words} (전송 완료)` : `${words} (delivered before)`;
}

function columns(lang: Language): Column<GapRow>[] {
  const ko = lang === 'ko';
  return [
    { title: ko ? '가동' : 'start', text: ({ boot }) => boot.slice(0, 8) },
    {
      title: ko ? '번호' : 'numbers',
      text: ({ from, to }) => (from === to ? `${from}` : `${from}~${to}`),
    },
    { title: ko ? '건수' : 'count', align: 'right', text: ({ count }) => String(count) },
    { title: ko ? '대상' : 'what', text: ({ part }) => partWords[part][lang] },
    { title: ko ? '사유' : 'why', text: (gap) => whyText(gap, lang) },
  ];
}

function targetLines({ delivered, pending }: Ledger, lang: Language): string[] {
  const names = [...new Set([...Object.keys(delivered), ...Object.keys(pending)])].sort();
  const [done, left] = [
    (name: string) => delivered[name] ?? 0,
    (name: string) => pending[name] ?? 0,
  ];
  return names.map((name) =>
    lang === 'ko'
      ? `${name}: 전송 ${done(name)}건, 대기 ${left(name)}건`
      : `${name}: ${done(name)} delivered, ${left(name)} pending`,
  );
}

function lines(ledger: Ledger, lang: Language): string[] {
  const { kept, gaps, unexplained } = ledger;
  const ko = lang === 'ko';
  const told = ko
    ? `대기 중이거나 설명되지 않은 번호 ${unexplained}건`
    : `${unexplained} numbers wait or are unexplained`;
  return [
    ko ? `저장된 기록 ${kept}건` : `${kept} records kept`,
    ...targetLines(ledger, lang),
    ...(gaps.length === 0 ? [ko ? '누락 없음' : 'no gaps'] : tableLines(columns(lang), gaps)),
    ...(unexplained === 0 ? [] : [told]),
  ];
}

interface LedgerFlags extends StoreFlags {
  readonly retry?: string;
}

/** Throws `agent-unreachable` where no agent runs, `usage` where it has no such target. */
async function retry(output: Output, { dir, lang }: Place, flags: LedgerFlags): Promise<void> {
  const target = flags.retry ?? '';
  const client = await connectControl(dir);
  try {
    const { count } = (await client.command('redeliver', { target })) as { count: number };
    const text =
      lang === 'ko'
        ? `${target}: 수신 불가로 남은 기록 ${count}건을 다시 전송합니다`
        : `${target}: ${count} undeliverable records are sent again`;
    if (flags.json === true) output.json({ target, count });
    else output.line(text);
  } finally {
    client.close();
  }
}

async function run(output: Output, flags: LedgerFlags): Promise<void> {
  const place = placeOf(flags);
  if (flags.retry !== undefined) {
    await retry(output, place, flags);
    return;
  }
  await withStore(place, output, async (store) => {
    const ledger = await store.ask('ledger', {});
    if (flags.json === true) output.json({ live: store.live, ...ledger });
    else for (const line of lines(ledger, place.lang)) output.line(line);
  });
}

export function addLedger(program: Command): void {
  const command = program
    .command('ledger')
    .description('records kept, delivered, pending, and every gap with its count');
  addStoreFlags(command, 'one JSON object, described below')
    .option('--retry <target>', 'give what this sync target could not take to it again')
    .addHelpText('after', help)
    .action(action('show the ledger', run));
}
