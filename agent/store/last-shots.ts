/** Up to which shot of a machine earlier starts of the agent account. */
import type Database from 'better-sqlite3';
import { asFields, badParameter } from './params.ts';

export interface LastShotsRequest {
  readonly machines: readonly string[];
}

/** Checks what came over a wire. Throws `usage`. */
export function readLastShotsRequest(params: unknown): LastShotsRequest {
  const method = 'last-shots';
  const { machines } = asFields(method, params, ['machines']);
  if (!Array.isArray(machines) || !machines.every((machine) => typeof machine === 'string'))
    throw badParameter(method, 'machines is a list of ids');
  return { machines };
}

/** Machine → counter value of its last shot before this start; one without is absent. */
export function queryLastShots(
  db: Database.Database,
  { machines }: LastShotsRequest,
): Readonly<Record<string, number>> {
  const last = db
    .prepare<[string], number | null>(
      `SELECT shot FROM cycles WHERE machine = ? AND id < (SELECT MAX(ordinal) FROM boots) << 40
       ORDER BY id DESC LIMIT 1`,
    )
    .pluck();
  return Object.fromEntries(
    machines.flatMap((machine) => {
      const shot = last.get(machine) ?? null;
      return shot === null ? [] : [[machine, shot]];
    }),
  );
}
