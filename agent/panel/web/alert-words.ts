/** What an alert's state and handling say, in words. */
import type { Handling } from '../../records.ts';
import type { AlertView } from '../contract.ts';
import { clockTime } from './format.ts';
import type { Words } from './page.ts';

export function sortText(shots: AlertView['shots'], words: Words): string | null {
  if (shots === null) return null;
  const { from, to } = shots;
  return from === to ? words('sortOne', { to }) : words('sort', { from, to });
}

/** One line on what people did with it; null: nothing yet. */
export function handlingText(alert: AlertView, words: Words): string | null {
  const { acknowledged, shelved, falseAlarm, stale } = alert.handling;
  const parts: string[] = [];
  if (falseAlarm !== null)
    parts.push(words('falseBy', { who: falseAlarm.who, at: clockTime(falseAlarm.wallMs) }));
  if (shelved !== null) parts.push(shelfText(shelved, words));
  if (alert.state === 'cleared')
    parts.push(words(acknowledged === null ? 'cleared' : 'clearedDone'));
  if (acknowledged !== null && shelved === null && falseAlarm === null)
    parts.push(
      words('acknowledged', { who: acknowledged.who, at: clockTime(acknowledged.wallMs) }),
    );
  if (stale) parts.push(words('stale'));
  return parts.length === 0 ? null : parts.join(' · ');
}

function shelfText(shelved: NonNullable<Handling['shelved']>, words: Words): string {
  const left = Math.max(1, Math.ceil(shelved.leftMs / 60_000));
  return words('shelvedBy', { reason: shelved.reason, left, who: shelved.who });
}

/** `1204~1223번 선별 · 5회 · 14:05 발생` without the part that is shown larger elsewhere. */
export function factsText(alert: AlertView, words: Words): string {
  const parts = [words('since', { at: clockTime(alert.raisedWallMs) })];
  if (alert.count > 1) parts.unshift(words('times', { n: alert.count }));
  if (alert.mold !== null) parts.unshift(words('mold', { mold: alert.mold }));
  return parts.join(' · ');
}
