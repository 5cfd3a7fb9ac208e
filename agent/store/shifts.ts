/** Shifts of a plant: where each begins, by the wall clock of this gateway. */

export interface Period {
  /** Where its shift begins, which may be before `from`. */
  readonly shiftFrom: number;
  readonly from: number;
  readonly to: number;
}

/** Where nobody said when shifts begin. */
export const usualShifts: readonly string[] = ['08:00', '20:00'];

/** Every shift that is at least partly in [from, to), epoch ms. `starts`: `08:00`, local. */
export function shiftsWithin(from: number, to: number, starts: readonly string[]): Period[] {
  const clock = starts.map((start) => start.split(':').map(Number));
  const begins: number[] = [];
  const day = new Date(from);
  day.setHours(0, 0, 0, 0);
  // From the day before: its last shift may reach into this one.
  day.setDate(day.getDate() - 1);
  for (let last = false; !last; day.setDate(day.getDate() + 1)) {
    for (const [hour = 0, minute = 0] of clock) begins.push(new Date(day).setHours(hour, minute));
    last = day.getTime() > to;
  }
  begins.sort((a, b) => a - b);
  return begins.flatMap((shiftFrom, index) => {
    const end = begins[index + 1] ?? shiftFrom;
    if (shiftFrom >= to || end <= from) return [];
    return [{ shiftFrom, from: Math.max(from, shiftFrom), to: Math.min(to, end) }];
  });
}

/** In which shift a moment lies, for who asks each second. */
export class ShiftClock {
  readonly #starts: readonly string[];
  #last: Period | null = null;

  constructor(starts: readonly string[]) {
    this.#starts = starts;
  }

  /** Epoch ms at which the shift of that moment began. */
  startOf(wallMs: number): number {
    const last = this.#last;
    if (last !== null && wallMs >= last.shiftFrom && wallMs < last.to) return last.shiftFrom;
    // A day holds the end of every shift.
    const [shift] = shiftsWithin(wallMs, wallMs + 86_400_000, this.#starts);
    this.#last = shift ?? null;
    return shift?.shiftFrom ?? wallMs;
  }
}
