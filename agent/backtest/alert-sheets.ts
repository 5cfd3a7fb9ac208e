/** What the alerts of a history came to, as a sheet. */
import type { Text } from '../records.ts';
import type { AlertFigures, Spread } from './alert-figures.ts';
import type { BacktestReport } from './report.ts';
import { both, type Cell, count, left, right, type Sheet, shareInFull, unknown } from './sheet.ts';
import { minuteText } from './times.ts';

const causeWords: Readonly<Record<string, Text>> = {
  'sensor-invalid': both('센서 이상', 'sensor fault'),
  'prediction-stopped': both('예측 중지', 'predictions stopped'),
  'warm-up': both('예열타', 'warm-up'),
  'decimal-shift': both('소수점 자리 이상', 'decimal shift'),
  'sensor-frozen': both('센서 값 고정', 'frozen sensor'),
  'slow-offset': both('값이 서서히 벗어남', 'slow offset'),
  'missing-rise': both('값 없음 증가', 'more values missing'),
  'model-drift': both('학습과 분포 다름', 'spread unlike training'),
  'alert-flood': both('알림 폭주', 'alert flood'),
};

const mostMissed = 20;

const one = (value: number | null): string => (value === null ? unknown : value.toFixed(1));

function spreadCell(spread: Spread | null): Cell {
  if (spread === null) return unknown;
  const { median, p90, max } = spread;
  return both(
    `중앙값 ${median}, 90 % ${p90}, 최대 ${max}`,
    `median ${median}, 90 % ${p90}, most ${max}`,
  );
}

export function alertSheets({ alerts, n }: BacktestReport): readonly Sheet[] {
  if (alerts === null) return [];
  const isLabelled = n > 0;
  return [
    {
      title: both(
        '알림 단위 (에이전트의 알림 규칙 그대로)',
        'As alerts (by the agent’s own rules)',
      ),
      columns: null,
      rows: [...toldRows(alerts), ...(isLabelled ? rightRows(alerts) : [])],
      notes: notesOf(alerts, isLabelled),
    },
    ...(isLabelled ? moldSheet(alerts) : []),
    ...missedSheet(alerts),
  ];
}

function toldRows(alerts: AlertFigures): (readonly Cell[])[] {
  const { called, grouped, perDay, days, others } = alerts;
  const quiet = (lang: 'ko' | 'en'): string =>
    Object.entries(others)
      .map(([cause, many]) => `${causeWords[cause]?.[lang] ?? cause} ${many}`)
      .join(', ');
  return [
    [
      both('알림', 'alerts'),
      both(
        `${alerts.alerts}건 (호출 ${called}, 묶음 ${grouped})`,
        `${alerts.alerts} (${called} called, ${grouped} grouped)`,
      ),
    ],
    [both('1,000샷당', 'per 1,000 shots'), one(alerts.perThousandShots)],
    [
      both('하루당', 'per day'),
      perDay === null
        ? unknown
        : both(`${one(perDay)} (${days}일)`, `${one(perDay)} (${days} days)`),
    ],
    [both('샷마다 알렸다면', 'one for each defect verdict'), count(alerts.defectVerdicts)],
    [both('알림당 선별할 샷', 'shots to sort per alert'), spreadCell(alerts.shotsToSort)],
    ...(Object.keys(others).length === 0
      ? []
      : [[both('그 밖의 알림', 'other alerts'), both(quiet('ko'), quiet('en'))]]),
  ];
}

function rightRows(alerts: AlertFigures): (readonly Cell[])[] {
  const { episodes } = alerts;
  const { single, several } = episodes;
  return [
    [both('맞은 알림', 'true alerts'), shareInFull(alerts.trueShare)],
    [both('선별한 샷 중 불량', 'defects of the shots to sort'), shareInFull(alerts.sortedYield)],
    [both('선별에 든 불량', 'defects within an alert'), shareInFull(alerts.defectsWithin)],
    [both('연속 불량 발견', 'runs of defects found'), shareInFull(several.share)],
    [both('단발 불량 발견', 'single defects found'), `${single.found}/${single.episodes}`],
    [
      both('첫 불량부터 알림까지(샷)', 'shots from first defect to alert'),
      spreadCell(episodes.shotsToAlert),
    ],
  ];
}

function notesOf({ episodes, notInspected }: AlertFigures, isLabelled: boolean) {
  const notes = [];
  if (isLabelled)
    notes.push(
      both(
        `맞은 알림: 알림이 선별하라고 한 샷에 불량이 있음. 연속 불량: 같은 금형에서 ${episodes.within}샷 미만 간격. 알림은 최근 3샷 중 2샷이 불량일 때 나므로 단발 불량은 대개 알리지 않습니다.`,
        `True: a defect among the shots that the alert says to sort. A run: defects of one mold fewer than ${episodes.within} shots apart. Two of three shots make an alert, so single defects mostly make none.`,
      ),
    );
  if (isLabelled && notInspected > 0)
    notes.push(
      both(
        `검사한 샷이 없는 알림 ${notInspected}건은 셈에서 뺐습니다.`,
        `${notInspected} alerts without an inspected shot are left out.`,
      ),
    );
  return notes;
}

function moldSheet({ episodes: { perMold } }: AlertFigures): readonly Sheet[] {
  const molds = Object.entries(perMold);
  if (molds.length < 2) return [];
  return [
    {
      title: both('금형별 알림', 'Alerts by mold'),
      columns: [
        left('금형', 'mold'),
        right('알림', 'alerts'),
        right('불량 구간', 'episodes'),
        right('발견', 'found'),
      ],
      rows: molds.map(([mold, { alerts, episodes, found }]) => [
        mold,
        ...[alerts, episodes, found].map(count),
      ]),
      notes: [both('불량 구간: 연속 불량과 단발 불량.', 'Episodes: runs and single defects.')],
    },
  ];
}

/** Where to look first: runs that nobody would have been told of, the longest of them. */
function missedSheet({ episodes: { missed } }: AlertFigures): readonly Sheet[] {
  const runs = missed.filter(({ defects }) => defects > 1);
  if (runs.length === 0) return [];
  const longest = [...runs].sort((a, b) => b.defects - a.defects).slice(0, mostMissed);
  longest.sort((a, b) => a.fromRow - b.fromRow);
  return [
    {
      title: both(
        `알리지 못한 연속 불량 (${runs.length}건)`,
        `Runs without an alert (${runs.length})`,
      ),
      columns: [
        left('금형', 'mold'),
        right('부터(행)', 'from row'),
        right('까지(행)', 'to row'),
        right('불량', 'defects'),
        left('시각', 'time'),
      ],
      rows: longest.map(({ mold, fromRow, toRow, defects, fromWallMs }) => [
        mold ?? unknown,
        ...[fromRow, toRow, defects].map(count),
        fromWallMs === null ? unknown : minuteText(fromWallMs),
      ]),
      notes:
        runs.length > mostMissed
          ? [both(`가장 긴 ${mostMissed}건.`, `The ${mostMissed} longest.`)]
          : [],
    },
  ];
}
