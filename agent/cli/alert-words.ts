/** How an alert stands and what people did with it, for tables. */
import type { Handling } from '../records.ts';
import type { AlertRow } from '../store/alert-queries.ts';
import { type Language, timeText } from './words.ts';

/** `live`: the agent that runs says so; what a file holds is how it was when the agent ended. */
export function stateText(row: AlertRow, live: boolean, lang: Language): string {
  const ko = lang === 'ko';
  if (row.state === 'cleared') return ko ? '해제' : 'cleared';
  // Its agent ended before the cause did.
  if (!row.current) return ko ? '미해제' : 'not cleared';
  if (live) return ko ? '발생 중' : 'standing';
  return ko ? '종료 때 발생 중' : 'stood at the end';
}

function shelfText(
  { who, reason, leftMs }: NonNullable<Handling['shelved']>,
  row: AlertRow,
  live: boolean,
  lang: Language,
): string {
  // It lasts in running time: a stopped agent, or a clock that was not set, has no end to tell.
  const end =
    live && row.clockSynced ? ` ~${timeText(row.updatedWallMs + leftMs).slice(11, 16)}` : '';
  const why = reason === '' ? '' : ` "${reason}"`;
  return `${lang === 'ko' ? '보류' : 'put off by'} ${who}${end}${why}`;
}

/** `확인 김반장`, `보류 김반장 ~14:20 "금형 교체"`, `오경보 김반장`; `-` where nobody did anything. */
export function handlingText(row: AlertRow, live: boolean, lang: Language): string {
  const { handling } = row;
  if (handling === undefined) return '-';
  const ko = lang === 'ko';
  const { shelved, falseAlarm, acknowledged } = handling;
  const parts = [
    // Who says that there was nothing has seen it too.
    ...(falseAlarm !== null ? [`${ko ? '오경보' : 'false alarm, says'} ${falseAlarm.who}`] : []),
    ...(falseAlarm === null && acknowledged !== null
      ? [`${ko ? '확인' : 'seen by'} ${acknowledged.who}`]
      : []),
    ...(shelved !== null && row.state !== 'cleared' ? [shelfText(shelved, row, live, lang)] : []),
  ];
  return parts.length === 0 ? '-' : parts.join(', ');
}
