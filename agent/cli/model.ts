/** `ppuri model …`: bundles from outside into the store, and onto machines. */
import { type Command, Option } from 'commander';
import type { ForkRole } from '../role.ts';
import type { Language } from '../words.ts';
import { addAdd } from './model-add-command.ts';
import type { Json } from './model-flags.ts';
import { addHealth } from './model-health.ts';
import { inspectModel } from './model-inspect.ts';
import { inspectionLines } from './model-inspect-lines.ts';
import { addList } from './model-list.ts';
import { addRollback, type RollBack } from './model-rollback.ts';
import { addSigning } from './model-sign.ts';
import { addModelStatus } from './model-status.ts';
import { addShadow, addUse, type UseModel } from './model-use.ts';
import { action } from './output.ts';

export interface ModelCommandParts {
  /** Starts the child that runs golden vectors. */
  readonly fork: ForkRole;
  readonly use: UseModel;
  readonly rollBack: RollBack;
}

/** The program needs `enablePositionalOptions()`, or its own --version shadows that of `add`. */
export function addModel(program: Command, { fork, use, rollBack }: ModelCommandParts): void {
  const model = program
    .command('model')
    .description('models: inspect, add, list, use, go back, health, sign, verify');
  addInspect(model);
  addAdd(model, fork);
  addList(model);
  addUse(model, fork, use);
  addShadow(model, fork, use);
  addRollback(model, rollBack);
  addModelStatus(model);
  addSigning(model);
  addHealth(model);
}

const inspectHelp = `
Nothing is run. A file that is refused says which operator or tensor is the reason.

Examples:
  ppuri model inspect model.onnx --lang ko
  ppuri model inspect /var/lib/ppuri/models/diecast-defect/1.0.0 --json
`;

interface InLanguage {
  readonly lang: Language;
}

function addInspect(model: Command): void {
  model
    .command('inspect')
    .argument('<path>', 'an .onnx file, a folder with model.onnx, or a bundle')
    .description('what a model takes, gives and is made of, and what a bundle still needs')
    .addOption(new Option('--lang <lang>', 'language').choices(['ko', 'en']).default('en'))
    .option('--json', 'one JSON object: path, admission, bundle, goldenVectors, facts, needs')
    .addHelpText('after', inspectHelp)
    .action(
      action('inspect a model', async (output, path: string, { json, lang }: Json & InLanguage) => {
        const inspection = await inspectModel(path);
        if (json === true) output.json(inspection);
        else for (const line of inspectionLines(inspection, lang)) output.line(line);
      }),
    );
}
