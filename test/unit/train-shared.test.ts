import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTable } from '../../models/table.ts';
import { candidatesFor } from '../../models/train/candidates.ts';
import { trainingFromTable } from '../../models/train/from-table.ts';
import { trainBundle } from '../../models/train/train-bundle.ts';

/** A real injection-molding log of two parts, not part of the repository. */
const log = join(
  ...[import.meta.dirname, '..', '..', '..', 'shared', 'data', 'kamp_injection'],
  'dev_2020-10-16_10-27.csv.gz',
);

test.skipIf(!existsSync(log)).each([
  ['CN7', null],
  ['RG3', 'near chance'],
])(
  'on a real log (../shared/data) part %s is judged as it deserves: %s',
  async (part, unfit) => {
    const table = await readTable(log);
    const lines = [...table.rows.keys()].filter((row) => table.rows[row]?.[4]?.startsWith(part));
    const rows = lines.map((row) => table.rows[row] ?? []);
    const { data } = trainingFromTable(
      { ...table, rows, number: (row, column) => table.number(lines[row] ?? 0, column) },
      {
        ...{ label: 'PassOrFail', classes: 'two', time: ['TimeStamp'] },
        ...{ dropColumns: ['PART_FACT_SERIAL'], dropRows: {} },
      },
    );
    const candidates = candidatesFor(data, true).filter(({ name }) =>
      ['extra-trees-coarse', 'logistic-bent'].includes(name),
    );
    const trained = await trainBundle(data, {
      ...{ name: part.toLowerCase(), version: '1.0.0', profile: 'none', source: 'a log' },
      ...{ falseAlarmRate: 0.01, testShare: 0.2, seed: 1, forced: new Set(), candidates },
    });
    if (unfit === null) expect(trained.unfit).toBeNull();
    else expect(trained.unfit?.en).toContain(unfit);
    expect(trained.plan.repeats).toBeGreaterThan(100);
  },
  60_000,
);
