/** `ppuri model …`: bundles from outside into the store, and onto machines. */
import type { Command } from 'commander';
import type { ForkRole } from '../role.ts';
import { addAdd } from './model-add-command.ts';
import type { Json } from './model-flags.ts';
import { addHealth } from './model-health.ts';
import { inspectModel, printInspection } from './model-inspect.ts';
import { addList } from './model-list.ts';
import { addUse, type UseModel } from './model-use.ts';
import { action } from './output.ts';

export type { UseModel, UseRequest } from './model-use.ts';

export interface ModelCommandParts {
  /** Starts the child that runs golden vectors. */
  readonly fork: ForkRole;
  readonly use: UseModel;
}

/** The program needs `enablePositionalOptions()`, or its own --version shadows that of `add`. */
export function addModel(program: Command, { fork, use }: ModelCommandParts): void {
  const model = program.command('model').description('models: inspect, add, list, use, health');
  addInspect(model);
  addAdd(model, fork);
  addList(model);
  addUse(model, fork, use);
  addHealth(model);
}

const inspectHelp = `
Nothing is run. A file that is refused says which operator or tensor is the reason.

Examples:
  ppuri model inspect model.onnx
  ppuri model inspect /var/lib/ppuri/models/diecast-defect/1.0.0 --json
`;

function addInspect(model: Command): void {
  model
    .command('inspect')
    .argument('<path>', 'an .onnx file, a folder with model.onnx, or a bundle')
    .description('what a model takes, gives and is made of, and what a bundle still needs')
    .option('--json', 'one JSON object: path, admission, bundle, goldenVectors, facts, needs')
    .addHelpText('after', inspectHelp)
    .action(
      action('inspect a model', async (output, path: string, { json }: Json) => {
        const inspection = await inspectModel(path);
        if (json === true) output.json(inspection);
        else printInspection(inspection, output);
      }),
    );
}
