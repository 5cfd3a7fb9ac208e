/** Which shift a moment belongs to. */

/** Start of the shift that `wallMs` lies in; `minutes`: shift starts after local midnight. */
export function shiftStart(wallMs: number, minutes: readonly number[]): number {
  const midnight = new Date(wallMs);
  midnight.setHours(0, 0, 0, 0);
  const startOf = (day: Date, minute: number): number =>
    new Date(day.getFullYear(), day.getMonth(), day.getDate(), 0, minute).getTime();
  const today = minutes.map((minute) => startOf(midnight, minute)).filter((at) => at <= wallMs);
  if (today.length > 0) return Math.max(...today);
  const yesterday = new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate() - 1);
  const last = minutes.at(-1);
  return last === undefined ? midnight.getTime() : startOf(yesterday, last);
}
