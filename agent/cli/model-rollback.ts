/** `ppuri model rollback`: the model before, from the next shot on. */
import type { Command } from 'commander';
import type { Json } from './model-flags.ts';
import { type PlaceFlags, placeRequest, type RollbackRequest } from './model-request-use.ts';
import { addPlaceFlags } from './model-use.ts';
import { rolledBackText } from './model-use-words.ts';
import { action } from './output.ts';
import { placeOf } from './store-access.ts';

export type RollBack = (
  request: RollbackRequest,
) => Promise<{ readonly effective: 'now' | 'next-start'; readonly model: string }>;

const help = `
A new model that is watched or on trial ends, and the old one goes on. Without one, the model before the
last change is used again; a second rollback undoes the first.

Examples:
  ppuri model rollback --machine dc-03 -c /etc/ppuri/ppuri.yaml
  ppuri model rollback --machine dc-03 --mold A12 -c ppuri.yaml --json
`;

export function addRollback(parent: Command, rollBack: RollBack): void {
  const command = parent
    .command('rollback')
    .description('have a machine use the model before, from its next shot on');
  addPlaceFlags(command)
    .option(
      '--json',
      'one JSON object: machine, mold, model (null: the configuration’s), effective',
    )
    .addHelpText('after', help)
    .action(
      action('roll a model back', async (output, flags: PlaceFlags & Json) => {
        const { machine, mold, storePath, who } = placeRequest(flags, 'roll a model back');
        const { effective, model } = await rollBack({ machine, mold, storePath, who });
        if (flags.json === true)
          output.json({ machine, mold, model: model === '' ? null : model, effective });
        else output.line(rolledBackText({ machine, mold, model, effective }, placeOf(flags).lang));
      }),
    );
}
