/** `ppuri alerts history`: how one alert came and went, and who did what with it. */
import type { Command } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import type { AlertChange } from '../store/alert-history.ts';
import type { DeedRow } from '../store/deed-queries.ts';
import { deedWords } from '../words.ts';
import { labelLanguage } from './label-agent.ts';
import { action, type Output } from './output.ts';
import { addStoreFlags, placeOf, type StoreFlags, withStore } from './store-access.ts';
import { type Column, tableLines } from './table.ts';
import { type Language, timeText } from './words.ts';

/** One line of an alert's life, oldest first. */
interface Step {
  readonly boot: string;
  readonly seq: number;
  readonly wallMs: number;
  readonly clockSynced: boolean;
  readonly what: string;
  /** Null: the agent itself. */
  readonly who: string | null;
  readonly detail: string;
}

const stateWords: Readonly<Record<AlertChange['state'], Readonly<Record<Language, string>>>> = {
  raised: { ko: '발생', en: 'raised' },
  updated: { ko: '변경', en: 'changed' },
  cleared: { ko: '해제', en: 'cleared' },
};

function ofChange(change: AlertChange, lang: Language): Step {
  const { boot, seq, wallMs, clockSynced, state, text } = change;
  const what = stateWords[state][lang];
  return { boot, seq, wallMs, clockSynced, what, who: null, detail: text[lang] };
}

function ofDeed(deed: DeedRow, lang: Language): Step {
  const { boot, seq, wallMs, clockSynced, who } = deed;
  const what = deedWords[deed.what]?.[lang] ?? deed.what;
  return { boot, seq, wallMs, clockSynced, what, who, detail: deed.detail ?? '' };
}

/**
 * A change that only says how people handled the alert is told by their deed, and of many in a row,
 * one for each further shot, the last tells all. Oldest first, by what orders records: starts as they
 * were answered, numbers within.
 */
function stepsOf(
  changes: readonly AlertChange[],
  deeds: readonly DeedRow[],
  lang: Language,
): Step[] {
  const boots = [...new Set([...changes, ...deeds].map(({ boot }) => boot))];
  const told = changes.toReversed().filter((change, at, all) => {
    const before = all[at - 1];
    return change.state !== 'updated' || before === undefined || !sameToRead(change, before, lang);
  });
  const steps = [
    ...told.map((change) => ofChange(change, lang)),
    ...deeds.map((deed) => ofDeed(deed, lang)),
  ];
  const order = (boot: string): number => -boots.indexOf(boot);
  const changed = stateWords.updated[lang];
  return steps
    .sort((a, b) => order(a.boot) - order(b.boot) || a.seq - b.seq)
    .filter(({ what }, at, all) => what !== changed || all[at + 1]?.what !== changed);
}

function sameToRead(one: AlertChange, other: AlertChange, lang: Language): boolean {
  return one.severity === other.severity && one.text[lang] === other.text[lang];
}

function columnsIn(lang: Language): Column<Step>[] {
  const ko = lang === 'ko';
  return [
    { title: ko ? '시각' : 'time', text: (step) => timeText(step.wallMs, step.clockSynced) },
    { title: ko ? '내역' : 'what', text: ({ what }) => what },
    { title: ko ? '작업자' : 'who', text: ({ who }) => who ?? '-' },
    { title: ko ? '내용' : 'detail', text: ({ detail }) => detail },
  ];
}

function noSuchAlert(id: string, dir: string, lang: Language): PpuriError {
  const message = lang === 'ko' ? `${id} 알림이 없습니다` : `there is no alert ${id}`;
  return new PpuriError('usage', message, {
    operation: 'show the history of an alert',
    subject: dir,
    hint:
      lang === 'ko'
        ? '`ppuri alerts --all`의 첫 열이 id입니다'
        : 'ids are the first column of `ppuri alerts --all`',
  });
}

async function run(output: Output, id: string, flags: StoreFlags): Promise<void> {
  const place = placeOf(flags);
  await withStore(place, output, async (store) => {
    const changes = await store.ask('alert-history', { id, limit: 1000 });
    if (changes.length === 0) throw noSuchAlert(id, place.dir, place.lang);
    const deeds = await store.ask('deeds', { subject: id, limit: 1000 });
    if (flags.json === true) {
      output.json({ live: store.live, changes, deeds });
      return;
    }
    const steps = stepsOf(changes, deeds, place.lang);
    for (const line of tableLines(columnsIn(place.lang), steps)) output.line(line);
  });
}

export function addAlertHistory(alerts: Command): void {
  const command = alerts
    .command('history <id>')
    .description('how an alert came and went, and who did what with it');
  addStoreFlags(command, 'one JSON object: live, changes, deeds').action(
    action('show the history of an alert', run, (_id, flags) => labelLanguage(flags)),
  );
}
