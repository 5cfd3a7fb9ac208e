/** When no production is planned, by the local clock: outside the planned hours, and in breaks. */
import type { ProductionConfig } from '../../config/production-schema.ts';
import { type Span, united, without } from './spans.ts';

export type Calendar = Pick<ProductionConfig, 'plannedHours' | 'plannedDays' | 'breaks'>;

/** As `Date` counts them. */
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** `22:00-06:00` of the day that begins at `day`, which may reach into the next. */
function spanOn(day: Date, text: string): Span {
  const [begin = '', end = ''] = text.split('-');
  const at = (clock: string, days: number): number => {
    const [hour = 0, minute = 0] = clock.split(':').map(Number);
    const moment = new Date(day);
    moment.setDate(moment.getDate() + days);
    return moment.setHours(hour, minute, 0, 0);
  };
  const from = at(begin, 0);
  const same = at(end, 0);
  return { from, to: same > from ? same : at(end, 1) };
}

/** Midnights of all days that may reach into [from, to). */
function* daysOf({ from, to }: Span): Generator<Date> {
  const day = new Date(from);
  day.setHours(0, 0, 0, 0);
  for (day.setDate(day.getDate() - 1); day.getTime() < to; day.setDate(day.getDate() + 1))
    yield new Date(day);
}

/** The parts of `time`, epoch ms, in which nothing is planned; in order and apart. */
export function unplanned(time: Span, calendar: Calendar): Span[] {
  const { plannedHours, plannedDays, breaks } = calendar;
  const hours = plannedHours.length === 0 ? ['00:00-24:00'] : plannedHours;
  const planned: Span[] = [];
  const paused: Span[] = [];
  for (const day of daysOf(time)) {
    const name = weekdays[day.getDay()];
    if (plannedDays.some((one) => one === name))
      planned.push(...hours.map((text) => spanOn(day, text)));
    paused.push(...breaks.map((text) => spanOn(day, text)));
  }
  const off = without(time, united(planned));
  return united([...off, ...paused]).flatMap(({ from, to }) => {
    const cut = { from: Math.max(from, time.from), to: Math.min(to, time.to) };
    return cut.to > cut.from ? [cut] : [];
  });
}
