/** What a backtest has to say beside its figures: what it could not know, and what it took as read. */
import { normalizeName } from '../../models/cell.ts';
import type { Table } from '../../models/table.ts';
import type { BacktestReport } from '../backtest/report.ts';
import { both } from '../backtest/sheet.ts';
import type { Text } from '../records.ts';
import type { TimeOrder } from '../simulator/replay-time.ts';
import { reasonText } from '../words.ts';
import type { JudgedHistory, RunOptions } from './backtest-run.ts';
import type { Language } from './words.ts';

export function notesOn(
  { history, clock }: JudgedHistory,
  table: Table,
  options: RunOptions & { readonly lang: Language; readonly json?: boolean },
): readonly string[] {
  const notes: Text[] = [];
  if (clock.order !== null && clock.order.backwards > 0) notes.push(orderNote(clock.order, table));
  if (options.json === true) return notes.map((note) => note[options.lang]);
  if (clock.order === null) notes.push(noTimes);
  const { absent, deadRules } = history;
  const known = [options.label, options.mold, ...(clock.order?.columns ?? [])];
  const unused = history.unused.filter((name) => !known.some((one) => isSameName(one, name)));
  if (absent.length > 0)
    notes.push(
      both(
        `열이 없어 모든 행에서 값이 없는 신호: ${absent.join(', ')}`,
        `no column feeds ${absent.join(', ')}: missing in every row`,
      ),
    );
  for (const { reason, title } of deadRules)
    notes.push(
      both(
        `${title.ko} 열이 없어 ${reasonText(reason, 'ko')} 샷을 가려내지 못했습니다`,
        `no column feeds ${title.en}: no ${reasonText(reason, 'en')} shot could be left out`,
      ),
    );
  if (unused.length > 0)
    notes.push(
      both(`쓰지 않은 열: ${unused.join(', ')}`, `columns not used: ${unused.join(', ')}`),
    );
  return notes.map((note) => note[options.lang]);
}

const noTimes = both(
  '시각 열이 없어 샷 간격을 40초로 보았습니다. 하루 알림 수는 알 수 없습니다.',
  'no column says when the shots were: they are taken as 40 s apart, and alerts per day are not known',
);

function orderNote({ columns, backwards, firstLine }: TimeOrder, table: Table): Text {
  const names = columns.join(' + ');
  return both(
    `경고: ${table.rows.length}행 중 ${backwards}행이 앞 행보다 이릅니다(${names}, 처음은 ${firstLine}번째 줄). 예열타 판단, 여러 샷에 걸친 값, 시간별 수치는 시간 순서가 필요합니다. 파일을 정렬하세요`,
    `warning: ${backwards} of ${table.rows.length} rows are earlier than the row before (${names}, first on line ${firstLine}): warm-up, windows over shots and the figures by time need the order of time; sort the file`,
  );
}

const isSameName = (given: string | undefined, name: string): boolean =>
  given !== undefined && normalizeName(given) === normalizeName(name);

/** Why there is nothing to measure the verdicts by; null where there is. */
export function noLabels(
  report: BacktestReport,
  { shots }: JudgedHistory,
  label: string | undefined,
): Text | null {
  if (report.n > 0) return null;
  if (label === undefined)
    return both(
      '검사 결과 없음: --label 열을 주면 AUC, 검출률, 오경보율을 냅니다',
      'no labels: give --label COLUMN for AUC, recall and false alarms',
    );
  if (shots.every((shot) => shot.label === null))
    return both(
      `검사 결과 없음: 판정한 모든 행에서 ${label} 열이 비어 있습니다`,
      `no labels: column ${label} is empty in every row that was judged`,
    );
  return both(
    `AUC, 검출률, 오경보율 없음: ${label} 열에 값이 있는 행 중 점수가 나온 행이 없습니다`,
    `no AUC, recall or false alarms: no row with a label in ${label} has a probability`,
  );
}
