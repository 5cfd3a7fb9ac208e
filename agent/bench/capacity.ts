/** How many machines keep the bounds: doubled until they break, then halved in, in bounded time. */

/** `breaks` may be asked again; `simulator`: the simulated machines themselves were at their limit. */
export type Attempt = 'holds' | 'breaks' | 'simulator';

export interface CapacitySearch {
  /** Machines that were measured already, and how that ended. */
  readonly from: number;
  readonly holds: boolean;
  /** More than this are not tried. */
  readonly most: number;
  readonly attempt: (machines: number) => Promise<Attempt>;
  /** False: the time is up. */
  readonly goOn: () => boolean;
}

export interface Capacity {
  /** The most that held; 0: not even one. */
  readonly holds: number;
  /** The fewest that broke, twice in a row; null: none did. */
  readonly breaks: number | null;
  /** `found`: between the two lies at most a tenth. The others: why it was left at `holds`. */
  readonly ended: 'found' | 'time' | 'most' | 'simulator';
}

export async function findCapacity(search: CapacitySearch): Promise<Capacity> {
  let holds = search.holds ? search.from : 0;
  let breaks = search.holds ? null : search.from;
  for (;;) {
    const next = nextOf(holds, breaks, search.most);
    if (next === null) return { holds, breaks, ended: breaks === null ? 'most' : 'found' };
    const attempt = await surely(search, next);
    if (attempt === null) return { holds, breaks, ended: 'time' };
    if (attempt === 'simulator') return { holds, breaks, ended: 'simulator' };
    if (attempt === 'holds') holds = next;
    else breaks = next;
  }
}

/** One hiccup of the computer is no bound: what breaks is tried once more. Null: no time left. */
async function surely(
  { attempt, goOn }: CapacitySearch,
  machines: number,
): Promise<Attempt | null> {
  for (const isLast of [false, true]) {
    if (!goOn()) return null;
    const ended = await attempt(machines);
    if (ended !== 'breaks' || isLast) return ended;
  }
  return null;
}

function nextOf(holds: number, breaks: number | null, most: number): number | null {
  if (breaks === null) return holds >= most ? null : Math.min(most, Math.max(1, holds * 2));
  const close = Math.max(1, Math.floor(holds / 10));
  return breaks - holds <= close ? null : Math.floor((holds + breaks) / 2);
}
