/** The last shots of each machine, as the panel shows them, with their features in memory. */
import type { Cycle, Label, Verdict } from '../records.ts';
import { type Looks, whyWords } from '../words.ts';
import type { ShotView } from './contract.ts';

export interface SeenShot {
  readonly view: ShotView;
  /** Feature → value; null: no good value. */
  readonly values: Readonly<Record<string, number | null>>;
}

export type SeenLabel = Pick<Label, 'machine' | 'cycle' | 'part' | 'result' | 'type'>;

/** Shots of a machine that are remembered. */
export const mostShots = 240;

const keyOf = (boot: string, seq: number): string => `${boot}/${seq}`;

export function shotView(
  { boot, seq }: { readonly boot: string; readonly seq: number },
  cycle: Cycle,
  verdict: Verdict,
  looks: Looks | null,
): ShotView {
  const { shot, mold, at } = cycle;
  const { outcome, probability, threshold } = verdict;
  const told = { boot, seq, shot, mold, wallMs: at.wallMs, outcome, probability, threshold };
  return { ...told, why: whyWords(verdict, looks), labels: [] };
}

export class ShotBook {
  readonly #shots = new Map<string, SeenShot[]>();

  /** `oldest`: out of the store, before all that is remembered; the loop's own come `newest`. */
  add(machine: string, shot: SeenShot, place: 'newest' | 'oldest' = 'newest'): void {
    const list = this.#shots.get(machine) ?? [];
    const { boot, seq } = shot.view;
    // After a restart of `keep` a shot can come from the store and from the loop.
    if (list.some(({ view }) => keyOf(view.boot, view.seq) === keyOf(boot, seq))) return;
    const all = place === 'newest' ? [...list, shot] : [shot, ...list];
    this.#shots.set(machine, all.slice(-mostShots));
  }

  /** Puts a label on its shot, if that is still remembered. */
  label({ machine, cycle, part, result, type }: SeenLabel): ShotView | null {
    const list = this.#shots.get(machine) ?? [];
    const at = list.findIndex(({ view }) => view.boot === cycle.boot && view.seq === cycle.seq);
    const shot = list[at];
    if (shot === undefined) return null;
    const labels = [...shot.view.labels.filter((one) => one.part !== part), { part, result, type }];
    const view = { ...shot.view, labels };
    this.#shots.set(machine, list.with(at, { ...shot, view }));
    return view;
  }

  /** Oldest first. */
  last(machine: string, most = mostShots): readonly SeenShot[] {
    return (this.#shots.get(machine) ?? []).slice(-most);
  }
}
