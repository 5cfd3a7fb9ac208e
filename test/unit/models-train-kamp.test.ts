import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { measure } from '../../models/metrics.ts';
import { readTable } from '../../models/table.ts';
import { boost, predict } from '../../models/train/boost.ts';
import { datasetFromTable, slice } from '../../models/train/dataset.ts';
import { parseFacts } from '../../models/wrap/facts.ts';

/** A real die-casting log, not part of the repository. */
const shared = join(import.meta.dirname, '..', '..', '..', 'shared');
const log = join(shared, 'data', 'kamp_diecast_process', 'dev_2019-01-02_03-12.csv.gz');

test.skipIf(!existsSync(log))(
  'on a real log (../shared/data) it learns as well as scikit-learn: AUC 0.95 on the last 20 %',
  async () => {
    const text = await readFile(join(shared, 'models', 'kamp-diecast-hgb', 'facts.json'), 'utf8');
    const facts = parseFacts(text);
    const names = 'value' in facts ? (facts.value.features ?? []) : [];
    expect(names).toHaveLength(16);
    const data = datasetFromTable(await readTable(log), {
      features: Object.fromEntries(names.map((name) => [name, name])),
      label: 'passorfail',
      time: 'registration_time',
    });
    expect(data.labels).toHaveLength(71_714);
    const boosted = boost(slice(data, 0, 57_371), null, { maxTrees: 60 });
    const later = slice(data, 57_371, data.labels.length);
    const { auc, n } = measure(predict(boosted, later.columns), later.labels, 0.5);
    expect(n).toBe(14_343);
    expect(auc).toBeGreaterThan(0.94);
  },
);
