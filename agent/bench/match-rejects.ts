/** Which reject write was for which shot, told from the outside. */
import type { MadeShot, PlantWrite } from '../simulator/plant.ts';
import type { FloorRun } from './floor-run.ts';

export interface Reject {
  readonly shot: MadeShot;
  readonly write: PlantWrite;
}

export interface Matched {
  readonly rejects: readonly Reject[];
  /** Writes that belong to no shot, or a second one to the same. */
  readonly strayWrites: number;
  /** Verdicts `defect` in the store whose machine saw no write. */
  readonly defectsUnwritten: number;
  /** Writes for shots that the store does not have as `defect`. */
  readonly writesUnfounded: number;
}

/** Each write belongs to the shot that was in the registers when it came. */
export function matchRejects({
  shots,
  rejects,
  kept,
}: Pick<FloorRun, 'shots' | 'rejects' | 'kept'>): Matched {
  const key = (machine: string, shot: number | null): string => `${machine} ${shot}`;
  const firstMs = Math.min(...shots.map(({ monoMs }) => monoMs));
  const byMachine = Map.groupBy(shots, ({ machine }) => machine);
  const found = new Map<string, Reject>();
  let strayWrites = 0;
  for (const write of rejects.filter(({ monoMs }) => monoMs >= firstMs)) {
    const before = (shot: MadeShot): boolean => shot.monoMs <= write.monoMs;
    const shot = byMachine.get(write.machine)?.findLast(before);
    // A machine's first write may be for a shot made before the measured time.
    if (shot === undefined) continue;
    const of = key(shot.machine, shot.shot);
    if (found.has(of)) strayWrites += 1;
    else found.set(of, { shot, write });
  }
  const made = new Set(shots.map(({ machine, shot }) => key(machine, shot)));
  const defects = new Set(
    kept
      .filter(({ outcome }) => outcome === 'defect')
      .map(({ machine, shot }) => key(machine, shot)),
  );
  return {
    rejects: [...found.values()],
    strayWrites,
    defectsUnwritten: [...defects].filter((of) => made.has(of) && !found.has(of)).length,
    writesUnfounded: [...found.keys()].filter((of) => !defects.has(of)).length,
  };
}
