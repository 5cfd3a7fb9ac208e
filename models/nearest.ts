/** Spelling help for error hints. */

/** Case, spaces and Unicode composition do not tell two names apart. */
export function normalizeName(name: string): string {
  return name.normalize('NFC').replace(/\s+/g, '').toLowerCase();
}

/** The candidate most like `name`, or null when none is near enough to be worth offering. */
export function nearestName(name: string, candidates: readonly string[]): string | null {
  const wanted = normalizeName(name);
  let best: string | null = null;
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, normalizeName(candidate));
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
