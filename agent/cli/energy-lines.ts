/** The energy report as people read it. */
import type { EnergyReport, EnergyRow } from '../store/energy-queries.ts';
import type { Place } from './store-access.ts';
import { type Column, tableLines } from './table.ts';
import { type Language, timeText } from './words.ts';

const shown = (value: number | null | undefined, decimals: number): string =>
  value === null || value === undefined ? '-' : value.toFixed(decimals);

const percent = (share: number | null): string =>
  share === null ? '-' : `${(share * 100).toFixed(1)} %`;

function columnsOf(report: EnergyReport, { lang, machineName }: Place): Column<EnergyRow>[] {
  const ko = lang === 'ko';
  const right = 'right' as const;
  const kWh = (title: string, part: keyof NonNullable<EnergyRow['kWh']>): Column<EnergyRow> => ({
    ...{ title, align: right, text: (row) => shown(row.kWh?.[part], 1) },
  });
  const byShift = report.rows.some(({ shiftFromWallMs }) => shiftFromWallMs !== null);
  const shift: Column<EnergyRow> = {
    title: ko ? '교대' : 'shift',
    text: ({ shiftFromWallMs: from }) => (from === null ? '-' : timeText(from)),
  };
  return [
    { title: ko ? '설비' : 'machine', text: ({ machine }) => machineName(machine) },
    ...(byShift ? [shift] : []),
    kWh(ko ? '전력량 kWh' : 'kWh', 'total'),
    kWh(ko ? '가동' : 'production', 'production'),
    kWh(ko ? '대기' : 'idle', 'idle'),
    kWh(ko ? '보온' : 'hold', 'hold'),
    kWh(ko ? '미배분' : 'unallocated', 'unallocated'),
    {
      ...{ title: ko ? '정지 중 비율' : 'while stopped', align: right },
      text: ({ idleShare }) => percent(idleShare),
    },
    {
      ...{ title: ko ? '샷(측정)' : 'shots (measured)', align: right },
      text: ({ shots, measured }) => `${shots} (${measured})`,
    },
    {
      ...{ title: ko ? 'kWh/샷' : 'kWh/shot', align: right },
      text: ({ kWhPerShot }) => shown(kWhPerShot, 3),
    },
    {
      ...{ title: ko ? 'kWh/양품' : 'kWh/good', align: right },
      text: ({ kWhPerGood, unknown }) =>
        `${unknown > 0 && kWhPerGood !== null ? '≤' : ''}${shown(kWhPerGood, 3)}`,
    },
    { title: 'kWh/kg', align: right, text: ({ kWhPerKg }) => shown(kWhPerKg, 3) },
    {
      ...{ title: ko ? '최대수요 kW' : 'peak kW', align: right },
      text: ({ peakKw }) => shown(peakKw, 1),
    },
  ];
}

/** What the figures cannot say, in words. */
function notesOf(row: EnergyRow, name: string, lang: Language): string[] {
  const notes: string[] = [];
  const ko = lang === 'ko';
  const unheard = row.periods - row.complete;
  if (unheard > 0)
    notes.push(
      ko
        ? `${name}: 15분 구간 ${row.periods}개 중 ${unheard}개는 온전하지 않아 수요전력을 내지 않음(시작·종료·계량기 통신두절)`
        : `${name}: ${unheard} of ${row.periods} quarter hours have no demand (a start, an end, a meter not heard)`,
    );
  if (row.unknown > 0)
    notes.push(
      ko
        ? `${name}: 판정도 검사도 없는 샷 ${row.unknown}개는 양품에 넣지 않음. kWh/양품은 이보다 작을 수 있음`
        : `${name}: ${row.unknown} shots without verdict or label are not counted as good; kWh/good may be less`,
    );
  return notes;
}

const legend: Readonly<Record<Language, string>> = {
  ko: '미배분: 에이전트·계량기가 없던 동안 쓴 양(총량만 앎). 최대수요: 15분 평균 전력. -: 알 수 없음',
  en: 'unallocated: used while agent or meter were away, known in total only. peak: mean of 15 minutes. -: not known',
};

export function energyLines(report: EnergyReport, place: Place): string[] {
  const { rows } = report;
  const notes = rows.flatMap((row) => notesOf(row, place.machineName(row.machine), place.lang));
  const withHold = rows.some(({ kWh }) => kWh !== null && kWh.hold !== null);
  const holdTitle = place.lang === 'ko' ? '보온' : 'hold';
  const columns = columnsOf(report, place).filter(({ title }) => withHold || title !== holdTitle);
  return [...tableLines(columns, rows), '', ...notes, legend[place.lang]];
}
