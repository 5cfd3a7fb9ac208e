/** Spans of time, [from, to) in ms, in order and apart from each other. */

export interface Span {
  readonly from: number;
  readonly to: number;
}

export const lengthOf = ({ from, to }: Span): number => Math.max(0, to - from);

export const total = (spans: readonly Span[]): number =>
  spans.reduce((sum, span) => sum + lengthOf(span), 0);

/** The first of those that end after `at`. */
function firstEndingAfter(spans: readonly Span[], at: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.to ?? 0) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Those that have a part in `piece`, cut to it. */
export function within<T extends Span>(spans: readonly T[], piece: Span): T[] {
  const found: T[] = [];
  for (let i = firstEndingAfter(spans, piece.from); i < spans.length; i += 1) {
    const span = spans[i];
    if (span === undefined || span.from >= piece.to) break;
    const [from, to] = [Math.max(span.from, piece.from), Math.min(span.to, piece.to)];
    if (to > from) found.push({ ...span, from, to });
  }
  return found;
}

/** `piece` without `spans`. */
export function without(piece: Span, spans: readonly Span[]): Span[] {
  const left: Span[] = [];
  let { from } = piece;
  for (const span of within(spans, piece)) {
    if (span.from > from) left.push({ from, to: span.from });
    from = Math.max(from, span.to);
  }
  if (from < piece.to) left.push({ from, to: piece.to });
  return left;
}

/** Any spans, made to lie in order and apart. */
export function united(spans: readonly Span[]): Span[] {
  const sorted = spans.filter((span) => span.to > span.from).toSorted((a, b) => a.from - b.from);
  const found: { from: number; to: number }[] = [];
  for (const { from, to } of sorted) {
    const last = found.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else found.push({ from, to });
  }
  return found;
}
