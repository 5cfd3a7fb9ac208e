/** `ppuri model use` and `shadow`: a bundle that fits and works is watched, tried, and used. */
import { type Command, Option } from 'commander';
import { requirePace } from '../model-pace.ts';
import type { ForkRole } from '../role.ts';
import { positiveNumber, wholeNumber } from './arguments.ts';
import type { Json } from './model-flags.ts';
import {
  type UseFlags,
  type UseOutcome,
  type UseRequest,
  useRequest,
} from './model-request-use.ts';
import { usedText } from './model-use-words.ts';
import { action, type Output } from './output.ts';
import { proveModel } from './prove-model.ts';
import { placeOf } from './store-access.ts';

export type UseModel = (request: UseRequest) => Promise<UseOutcome>;

const useHelp = `
The bundle is verified and its golden vectors are run first. Then the machine's shots are judged by it
unseen (shadow), then it decides while the old model is asked beside it (trial), and then it stays.
It is taken back at once when it crashes, is late, gives no number, disagrees beyond \`trial:\` of the
configuration, or inspection contradicts it. \`ppuri model status\` shows how far it is.

Examples:
  ppuri model use diecast-defect --machine dc-03 -c /etc/ppuri/ppuri.yaml
  ppuri model use diecast-defect@1.2.0 --machine dc-03 --mold A12 --shadow 100 -c ppuri.yaml
  ppuri model use diecast-defect --machine dc-03 --now -c ppuri.yaml --json
`;

const shadowHelp = `
The machine's shots are judged by the model after their verdict, and nobody is shown what it says or
alerted by it. \`ppuri model status --shots 50\` compares. It decides nothing, whatever comes of it.

Examples:
  ppuri model shadow diecast-defect@1.2.0 --machine dc-03 --shots 200 -c /etc/ppuri/ppuri.yaml
`;

const jsonHelp =
  'one JSON object: machine, mold, name, version, hash, dir, effective, stage, shots';

async function useModel(
  output: Output,
  name: string,
  flags: UseFlags & Json,
  parts: { readonly mode: UseRequest['mode']; readonly fork: ForkRole; readonly use: UseModel },
): Promise<void> {
  const request = await useRequest(name, flags, parts.mode);
  const { runMs } = await proveModel(request.bundle, parts.fork);
  requirePace(runMs, request.deadlineMs, request.machine);
  const done = await parts.use(request);
  const { machine, mold, bundle } = request;
  const { manifest, hash, dir } = bundle;
  const { name: model, version } = manifest;
  if (flags.json === true) output.json({ machine, mold, name: model, version, hash, dir, ...done });
  else {
    const used = { machine, mold, model: `${model} ${version}`, mode: request.mode, ...done };
    output.line(usedText(used, placeOf(flags).lang));
  }
}

/** `--machine`, `--mold`, `-c` and `--by`, as every command on a machine's models has them. */
export function addPlaceFlags(command: Command): Command {
  return command
    .requiredOption('--machine <id>', 'the machine')
    .option('--mold <mold>', 'for this mold only, as the machine tells it')
    .requiredOption('-c, --config <file>', 'the configuration')
    .option('--by <name>', 'who did it (default: this user)');
}

const olderHelp = 'go back to a signed release before the newest; it is noted who did';

export function addUse(model: Command, fork: ForkRole, use: UseModel): void {
  const command = model
    .command('use')
    .argument('<name[@version]>', 'an added or shipped model, or a path to a bundle')
    .description('have a machine use a model: watched first, then on trial, then for good');
  addPlaceFlags(command)
    .addOption(
      new Option('--shadow <shots>', 'shots it is watched; 0: none').argParser(wholeNumber),
    )
    .addOption(new Option('--trial <shots>', 'shots it is on trial').argParser(positiveNumber))
    .addOption(
      new Option('--now', 'for good from the next shot on, untried').conflicts(['shadow', 'trial']),
    )
    .option('--allow-older', olderHelp)
    .option('--json', jsonHelp)
    .addHelpText('after', useHelp)
    .action(
      action('use a model', (output, name: string, flags: UseFlags & Json) =>
        useModel(output, name, flags, { mode: flags.now === true ? 'now' : 'use', fork, use }),
      ),
    );
}

interface ShadowFlags extends UseFlags, Json {
  readonly shots?: number;
}

export function addShadow(model: Command, fork: ForkRole, use: UseModel): void {
  const command = model
    .command('shadow')
    .argument('<name[@version]>', 'an added or shipped model, or a path to a bundle')
    .description('have a model judge a machine’s shots unseen, to compare');
  addPlaceFlags(command)
    .addOption(new Option('--shots <n>', 'how many').argParser(positiveNumber))
    .option('--json', jsonHelp)
    .addHelpText('after', shadowHelp)
    .action(
      action('watch a model', (output, name: string, { shots, ...flags }: ShadowFlags) => {
        const asked = shots === undefined ? flags : { ...flags, shadow: shots };
        return useModel(output, name, asked, { mode: 'shadow', fork, use });
      }),
    );
}
