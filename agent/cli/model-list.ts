/** `ppuri model list`. */
import type { Command } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { listBundles, readBundle } from '../../models/bundle.ts';
import type { TrustRule } from '../../models/trust.ts';
import { type AddOptions, ruleOf, storeOf } from './model-add.ts';
import type { Json } from './model-flags.ts';
import { action } from './output.ts';

export function addList(model: Command): void {
  model
    .command('list')
    .description('added and shipped models, newest version first')
    .option('--store <dir>', 'directory of the store')
    .option('-c, --config <file>', 'take the directory of the store from this configuration')
    .option('--json', 'one JSON array: name, version, origin, dir, profile, threshold, fault')
    .addHelpText(
      'after',
      '\nExamples:\n  ppuri model list\n  ppuri model list -c ppuri.yaml --json',
    )
    .action(
      action('list models', async (output, options: Json & StoreFlags) => {
        const rows = await listModels(storeOf(options), ruleOf(options));
        if (options.json === true) output.json(rows);
        else for (const row of rows) output.line(rowText(row));
      }),
    );
}

type StoreFlags = Pick<AddOptions, 'store' | 'config'>;

interface ModelRow {
  readonly name: string;
  readonly version: string | null;
  readonly origin: 'added' | 'shipped' | 'path';
  readonly dir: string;
  readonly profile: string | null;
  readonly threshold: number | null;
  /** Why it cannot be used. */
  readonly fault: string | null;
}

/** One damaged bundle does not hide the others. */
async function listModels(storePath: string, trust: TrustRule): Promise<ModelRow[]> {
  const rows: ModelRow[] = [];
  for (const place of await listBundles({ storePath })) {
    try {
      const { manifest } = await readBundle(place.dir, { trust });
      const { name, version, profile, threshold } = manifest;
      rows.push({ ...place, name, version, profile, threshold, fault: null });
    } catch (thrown) {
      if (!(thrown instanceof PpuriError)) throw thrown;
      rows.push({ ...place, profile: null, threshold: null, fault: thrown.message });
    }
  }
  return rows;
}

function rowText(row: ModelRow): string {
  const name = `${row.name}@${row.version ?? '?'}`.padEnd(32);
  const about = row.fault === null ? `${row.profile}` : `UNUSABLE: ${row.fault}`;
  return `${name} ${row.origin.padEnd(8)} ${about}  ${row.dir}`;
}
