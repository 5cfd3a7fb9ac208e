/** The flags of `ppuri model add` and what it prints. */
import { type Command, Option } from 'commander';
import type { Bundle } from '../../models/manifest.ts';
import type { ForkRole } from '../role.ts';
import { type AddOptions, addModelBundle } from './model-add.ts';
import { terminalAsk } from './model-ask.ts';
import { type Json, list, loops, missingWord, number, pair } from './model-flags.ts';
import { action, type Output } from './output.ts';
import { answerRows, proveModel } from './prove-model.ts';

const addHelp = `
Makes a bundle of a bare export, or takes a finished one as it is. The golden rows are run in a
child process and must agree within 1e-5 before anything is written; a version is never replaced.
A facts.json beside model.onnx is found by itself. It may hold: name, version, profile, features
(in order), units {feature: unit}, missing ("NaN" or a number), positive_class, classes, threshold, and
task, output, activation, scaler: {mean, scale}, direction, limits: {low, high}, target: {title, unit},
golden: [{ "inputs": {feature: value or null}, "p_fail": x } or { …, "probabilities": {class: x} } or
{ …, "outputs": [x] }]. A row's outputs are those of the made-over model: with its activation, scaler
or error in it. At a terminal, what is missing is asked for.
Features are matched to the profile's by name and by the columns its logs are known by.

Examples:
  ppuri model add exports/hgb                         # model.onnx and facts.json
  ppuri model add /media/usb -c /etc/ppuri/ppuri.yaml # the one bundle on a stick
  ppuri model add model.onnx --describe facts.json --out hgb-1.0.0
  ppuri model add net.onnx --activation sigmoid --features a,b --profile p --data history.csv …
  ppuri model add weight.onnx --task regression --low 415 --high 425 --unit g --title 중량 …
  ppuri model add rf.onnx --profile injection-molding --features a,b,c --map 'a=cushion' \\
    --golden rows.json --positive waste,inefficient --threshold 0.5 --store /var/lib/ppuri
`;

const tasks = ['binary', 'multiclass', 'regression', 'outlier'] as const;
const activations = ['sigmoid', 'softmax', 'none'] as const;

export function addAdd(model: Command, fork: ForkRole): void {
  withMeaning(model.command('add'))
    .argument(
      '<path>',
      'an .onnx file, a folder with model.onnx, a bundle or its .tar, or a stick with one',
    )
    .description('make a bundle of a model, prove it, and put it into the store')
    .option('--name <name>', 'name of the bundle; absent: facts.json’s, or the file’s')
    .option('--version <version>', 'version of the bundle; absent: 1.0.0')
    .option('--profile <id>', 'machine profile it is fed from; absent: the one that fits')
    .option('--describe <file>', 'facts.json; absent: the one beside model.onnx')
    .option('--features <names>', 'feature names in the model’s order, by commas', list)
    .option('--map <model=profile>', 'model feature = profile feature; again for more', pair)
    .option('--feature-unit <feature=unit>', 'unit the model takes it in; again for more', pair)
    .option('--missing <nan|refuse|number>', 'how a missing value is encoded', missingWord)
    .option('--threshold <x>', 'defect probability from which a part is a defect', number)
    .option('--positive <classes>', 'the classes that are defects, by commas', list)
    .option('--output <name>', 'the output to score by')
    .option('--golden <file>', 'JSON rows with inputs and the toolkit’s own outputs')
    .option('--data <csv>', 'instead: rows of a history; their outputs are the model’s own')
    .option('--loops <bounded|any>', 'any: allow loops without a fixed end (trusted models)', loops)
    .option('--out <dir>', 'write the bundle here instead of into the store')
    .option('--store <dir>', 'directory of the store')
    .option('-c, --config <file>', 'take the directory of the store from this configuration')
    .option('--json', 'one JSON object: name, version, dir, hash, profile, features, notes')
    .addHelpText('after', addHelp)
    .action(
      action('add a model', async (output, path: string, { json, ...options }: AddFlags) => {
        const prove = (bundle: Bundle) => proveModel(bundle, fork);
        const help = {
          answer: (bundle: Bundle, rows: Parameters<typeof answerRows>[1]) =>
            answerRows(bundle, rows, fork),
          ask: json === true ? null : terminalAsk(),
        };
        const { bundle, notes } = await addModelBundle(path, options, prove, help);
        if (json === true) output.json({ ...summary(bundle), notes });
        else printAdded(bundle, notes, output);
      }),
    );
}

/** Flags that say what the outputs of a model mean. */
function withMeaning(command: Command): Command {
  return command
    .addOption(
      new Option('--task <task>', 'what it does, where the file does not tell').choices(tasks),
    )
    .addOption(
      new Option(
        '--activation <name>',
        'what the export left off its end: it is put there',
      ).choices(activations),
    )
    .addOption(
      new Option('--direction <end>', 'which scores are bad').choices(['high', 'low'] as const),
    )
    .option('--low <x>', 'a predicted value below is a defect', number)
    .option('--high <x>', 'a predicted value above is a defect', number)
    .option('--unit <unit>', 'unit of a predicted value')
    .option('--title <words>', 'what a predicted value is, e.g. 중량');
}

type AddFlags = AddOptions & Json;

function summary({ dir, hash, manifest, golden }: Bundle) {
  const { name, version, profile, features, threshold } = manifest;
  const goldenVectors = golden.vectors.length;
  return { name, version, dir, hash, profile, features, threshold, goldenVectors };
}

function printAdded(bundle: Bundle, notes: readonly string[], output: Output): void {
  const { manifest, golden } = bundle;
  for (const note of notes) output.note(`note: ${note}`);
  for (const { name, from } of manifest.features)
    if (name !== from) output.note(`note: ${name} ← ${from}`);
  output.line(
    `added ${manifest.name} ${manifest.version}: ${golden.vectors.length} golden vectors agree`,
  );
  output.line(`  ${bundle.dir}`);
}
