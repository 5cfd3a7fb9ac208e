/** The report of `ppuri bench` on a terminal. */
import { type StageName, stageNames } from '../bench/figures.ts';
import type { Spread } from '../bench/latencies.ts';
import type { BenchReport } from '../bench/report.ts';
import type { Text } from '../records.ts';
import { type Language, reasonText } from '../words.ts';
import { adviceTexts, disturbanceTexts, ms, verdictText } from './bench-words.ts';
import { tableLines } from './table.ts';

const stageWords: Readonly<Record<StageName, Text>> = {
  triggerToSnapshot: { ko: '타수 확인 → 스냅샷', en: 'trigger → snapshot' },
  snapshotToFeatures: { ko: '스냅샷 → 특징값', en: 'snapshot → features' },
  featuresToVerdict: { ko: '특징값 → 판정 (추론)', en: 'features → verdict (inference)' },
  verdictToReject: { ko: '판정 → 배출 신호 확인', en: 'verdict → reject confirmed' },
  verdictToAlert: { ko: '판정 → 알림', en: 'verdict → alert' },
  snapshotToVerdict: { ko: '스냅샷 → 판정', en: 'snapshot → verdict' },
  triggerToReject: { ko: '타수 확인 → 배출 신호 확인', en: 'trigger → reject confirmed' },
};

interface Row {
  readonly name: Text;
  readonly spread: Spread;
}

function timeLines(rows: readonly Row[], lang: Language): string[] {
  const value = (of: number | null): string => (of === null ? '–' : ms(of));
  return tableLines<Row>(
    [
      { title: lang === 'ko' ? '시간 (ms)' : 'times (ms)', text: ({ name }) => name[lang] },
      { title: 'p50', align: 'right', text: ({ spread }) => value(spread.p50) },
      { title: 'p99', align: 'right', text: ({ spread }) => value(spread.p99) },
      { title: 'p99.9', align: 'right', text: ({ spread }) => value(spread.p999) },
      {
        title: lang === 'ko' ? '최대' : 'max',
        align: 'right',
        text: ({ spread }) => value(spread.max),
      },
      {
        title: lang === 'ko' ? '건수' : 'count',
        align: 'right',
        text: ({ spread }) => String(spread.count),
      },
    ],
    rows,
  );
}

function hostLine({ host, run }: BenchReport, lang: Language): string {
  const { celsius } = run.surroundings;
  const parts = [
    host.board ?? host.cpu,
    lang === 'ko' ? `${host.cores}코어` : `${host.cores} cores`,
    `${host.memoryMiB} MiB`,
    ...(host.governor === null ? [] : [host.governor]),
    `Linux ${host.kernel}`,
    ...(celsius === null ? [] : [`${celsius.toFixed(0)} °C`]),
  ];
  return parts.join(', ');
}

function loadLine({ load, run, paceFactor }: BenchReport, lang: Language): string {
  const kinds = Object.entries(load.profiles).map(([name, count]) => `${name} ${count}`);
  const rate = (run.shots / run.seconds).toFixed(0);
  const times = paceFactor.toFixed(0);
  if (lang === 'ko')
    return `모의 설비 ${load.machines}대 (${kinds.join(', ')}), 초당 ${rate}샷: 실제 설비의 ${times}배 속도`;
  return `${load.machines} simulated machines (${kinds.join(', ')}), ${rate} shots/s: ${times} times the pace of real ones`;
}

function processLines({ run }: BenchReport, lang: Language): string[] {
  const roles = Object.keys(run.cpuCores);
  const memory = Object.values(run.memoryMiB).reduce((sum, mib) => sum + mib, 0);
  const each = roles.map((role) => {
    const mib = run.memoryMiB[role];
    const cpu = `CPU ${((run.cpuCores[role] ?? 0) * 100).toFixed(0)} %`;
    return mib === undefined ? `${role} ${cpu}` : `${role} ${cpu} ${mib.toFixed(0)} MiB`;
  });
  const late = run.loopLateMs;
  const total =
    lang === 'ko' ? `메모리 합계 ${memory.toFixed(0)} MiB` : `${memory.toFixed(0)} MiB in all`;
  return [
    `${lang === 'ko' ? '프로세스' : 'processes'}: ${each.join(', ')}; ${total}`,
    ...(late === null
      ? []
      : [
          lang === 'ko'
            ? `이벤트 루프 지연 p50 ${ms(late.p50)} ms, p99 ${ms(late.p99)} ms, 최대 ${ms(late.max)} ms (시작할 때 포함)`
            : `event loop late by p50 ${ms(late.p50)} ms, p99 ${ms(late.p99)} ms, max ${ms(late.max)} ms (its start included)`,
        ]),
  ];
}

function countLine({ run }: BenchReport, lang: Language): string {
  const { ok, defect } = run.verdicts;
  const reasons = Object.entries(run.unscored);
  const unscored = reasons.reduce((sum, [, n]) => sum + n, 0);
  const each = reasons.map(([reason, n]) => `${reasonText(reason, lang)} ${n}`).join(', ');
  const why = each === '' ? '' : ` (${each})`;
  if (lang === 'ko')
    return `${run.shots}샷: 양품 ${ok}, 불량 ${defect}, 판정 보류 ${unscored}${why}, 저장 안 됨 ${run.unkept}`;
  return `${run.shots} shots: ${ok} ok, ${defect} defect, ${unscored} unscored${why}, ${run.unkept} not kept`;
}

function storeLines({ store, load }: BenchReport, lang: Language): string[] {
  const { bytesPerDay, bytesPerShot } = store;
  const perDay = bytesPerDay === null ? null : (bytesPerDay / 1e6).toFixed(0);
  const kib = bytesPerShot === null ? '' : (bytesPerShot / 1024).toFixed(0);
  const written =
    perDay === null
      ? []
      : [
          lang === 'ko'
            ? `하루 기록량 약 ${perDay} MB (실제 속도로 하루 ${load.realShotsPerDay}샷, 샷당 ${kib} KiB, 파일 시스템 저널 제외)`
            : `about ${perDay} MB written a day (${load.realShotsPerDay} shots a day at their real pace, ${kib} KiB each, without the file system’s journal)`,
        ];
  const elsewhere = store.onStoreDisk
    ? []
    : [
        lang === 'ko'
          ? '주의: 저장소가 있는 디스크에 쓸 수 없어 다른 디스크에서 측정했습니다 (sudo로 실행하면 그 디스크를 잽니다)'
          : 'note: measured on another disk, since this user may not write to the one of the store (sudo measures that)',
      ];
  const memory = store.inMemory
    ? [
        lang === 'ko'
          ? '주의: 디스크가 아니라 메모리(tmpfs)입니다'
          : 'note: this is memory (tmpfs), not a disk',
      ]
    : [];
  return [...written, ...elsewhere, ...memory];
}

export function benchLines(report: BenchReport, lang: Language): string[] {
  const { wireMs, stagesMs } = report.run;
  const rows: Row[] = [
    {
      name: {
        ko: '타수 변화 → 배출 신호 (설비에서 잰 값)',
        en: 'counter change → reject, at the machine',
      },
      spread: wireMs.changeToReject,
    },
    {
      name: { ko: '스냅샷 → 배출 신호 (설비에서 잰 값)', en: 'snapshot → reject, at the machine' },
      spread: wireMs.snapshotToReject,
    },
    ...stageNames.map((stage) => ({ name: stageWords[stage], spread: stagesMs[stage] })),
    {
      name: { ko: '디스크 동기화 (fdatasync)', en: 'disk sync (fdatasync)' },
      spread: report.store.syncMs,
    },
    {
      name: { ko: '기록 한 건 저장 완료', en: 'one record committed' },
      spread: report.store.commitMs,
    },
  ];
  const advice = adviceTexts(report);
  return [
    hostLine(report, lang),
    loadLine(report, lang),
    '',
    ...timeLines(rows, lang),
    '',
    countLine(report, lang),
    ...processLines(report, lang),
    ...storeLines(report, lang),
    ...report.notes.map((note) => note[lang]),
    ...disturbanceTexts(report).map((text) => `${lang === 'ko' ? '주의' : 'note'}: ${text[lang]}`),
    '',
    verdictText(report)[lang],
    ...advice.map((text) => `  → ${text[lang]}`),
  ];
}
