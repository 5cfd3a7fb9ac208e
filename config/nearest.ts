/** Which of the valid names someone most likely meant. */

/** Words people use for ours. */
const synonyms: Record<string, string> = {
  ip: 'host',
  ipaddress: 'host',
  address: 'host',
  slave: 'unit',
  slaveid: 'unit',
  unitid: 'unit',
  station: 'unit',
  node: 'unit',
  register: 'at',
  label: 'title',
  eu: 'unit',
  min: 'low',
  max: 'high',
  off: 'none',
};

/** Case, hyphens, underscores and every kind of space do not count. */
const normal = (name: string): string => name.toLowerCase().replace(/[-_\s]/gu, '');

/** Edits (insert, delete, replace, swap of neighbours) between two words. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

function distance(given: string, candidate: string): number {
  const a = normal(given);
  const b = normal(candidate);
  if (a === b) return 0;
  if (synonyms[a] === candidate) return 0.5;
  // `timeout` for `timeoutMs`, `diecast` for `diecast-defect`
  if (Math.min(a.length, b.length) >= 3 && (b.startsWith(a) || a.startsWith(b))) return 1;
  const whole = editDistance(a, b);
  // `biscut` for `biscuitThickness`
  return a.length < 5 ? whole : Math.min(whole, 1 + editDistance(a, b.slice(0, a.length)));
}

const near = (given: string, found: number): boolean =>
  found <= Math.max(1, Math.floor(normal(given).length / 3));

/** Candidates, nearest first. */
export function byNearness(given: string, candidates: Iterable<string>): string[] {
  return [...candidates]
    .map((name) => ({ name, far: distance(given, name) }))
    .sort((a, b) => a.far - b.far)
    .map((entry) => entry.name);
}

/** The one that is close enough to be a slip, or null. */
export function nearest(given: string, candidates: Iterable<string>): string | null {
  const [best] = byNearness(given, candidates);
  return best !== undefined && near(given, distance(given, best)) ? best : null;
}

/** As many characters of names are read; more are searched for in the place that has them all. */
const WIDEST = 320;

/**
 * `a, b, c`; of a list too long to read the first ones and `… and 16 more (whereAll)`. Nothing that
 * was left out is left out in silence.
 */
export function listed(names: readonly string[], whereAll = ''): string {
  const all = names.join(', ');
  if (all.length <= WIDEST) return all;
  const shown: string[] = [];
  let width = 0;
  for (const name of names) {
    width += name.length + 2;
    if (width > WIDEST) break;
    shown.push(name);
  }
  const more = `and ${names.length - shown.length} more${whereAll === '' ? '' : ` (${whereAll})`}`;
  return `${[...shown, '…'].join(', ')} ${more}`;
}

/**
 * `did you mean "x"?`, or what there is to choose from, led by `what` (`there are`). Of very many,
 * the nearest; `whereAll` says where all of them stand.
 */
export function suggest(
  given: string,
  candidates: Iterable<string>,
  what: string,
  whereAll = '',
): string {
  const names = [...candidates];
  const best = nearest(given, names);
  if (best !== null) return `did you mean "${best}"?`;
  if (names.length === 0) return `${what} none`;
  const isLong = names.join(', ').length > WIDEST;
  return `${what} ${listed(isLong ? byNearness(given, names) : names, whereAll)}`;
}
