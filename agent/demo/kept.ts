/** What a store holds after a run, read from its file: the demo's own check on the agent. */
import { type Cursor, type CycleRow, queryCycles } from '../store/cycle-queries.ts';
import { openReadOnly } from '../store/database.ts';
import { storePaths } from '../store/paths.ts';

/** Every cycle of the last start of the agent, in the order of its records. */
export function readKept(storeDir: string): CycleRow[] {
  const db = openReadOnly(storePaths(storeDir).database);
  try {
    const rows: CycleRow[] = [];
    let after: Cursor | undefined;
    do {
      const page = queryCycles(db, { boot: 'last', order: 'oldest', limit: 1000, after });
      rows.push(...page.rows);
      after = page.next ?? undefined;
    } while (after !== undefined);
    return rows;
  } finally {
    db.close();
  }
}
