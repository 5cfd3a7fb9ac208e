/** `ppuri completion`: what a shell loads to complete the words of a command line. */
import { existsSync } from 'node:fs';
import { Argument, type Command, Option } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { listProfiles } from '../../config/profile-load.ts';
import { storeSchema } from '../../config/schema.ts';
import { listBundles } from '../../models/bundle.ts';
import { commandTree, type TreeCommand } from './command-tree.ts';
import { fishScript } from './completion-fish.ts';
import { bashScript, zshScript } from './completion-shell.ts';
import { action, type Output } from './output.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
const lookups = ['machine', 'bus', 'profile', 'model'] as const;
type Shell = (typeof shells)[number];
type Lookup = (typeof lookups)[number];

const scripts: Readonly<Record<Shell, (tree: TreeCommand) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Where a configuration is likely, when the line names none yet. */
const usual = ['ppuri.yaml', '/etc/ppuri/ppuri.yaml'];

/** Words of the site. Throws `config-unreadable` or `store-unavailable`. */
async function wordsOf(lookup: Lookup, config: string | undefined): Promise<string[]> {
  const file = config ?? usual.find((one) => existsSync(one));
  const parts = file === undefined ? null : parseConfig(file).parts;
  switch (lookup) {
    case 'machine':
      return (parts?.machines ?? []).map(({ machine }) => machine.id);
    case 'bus':
      return [...(parts?.buses.keys() ?? [])];
    case 'profile':
      return listProfiles();
    case 'model': {
      const configured = parts?.storePath ?? '';
      const storePath = configured === '' ? storeSchema.parse({}).path : configured;
      return [...new Set((await listBundles({ storePath })).map(({ name }) => name))];
    }
  }
}

interface CompletionFlags {
  readonly values?: Lookup;
  readonly config?: string;
}

const help = `
Commands, options and their choices; files; and of the site machines, buses, models and profiles, from
-c FILE of the line, else from ppuri.yaml here or /etc/ppuri/ppuri.yaml.

Examples:
  source <(ppuri completion bash)                         in ~/.bashrc
  ppuri completion bash > /usr/share/bash-completion/completions/ppuri
  ppuri completion zsh > "\${fpath[1]}/_ppuri"
  ppuri completion fish > ~/.config/fish/completions/ppuri.fish`;

export function addCompletion(program: Command): void {
  const complete = async (output: Output, shell: Shell | undefined, flags: CompletionFlags) => {
    if (flags.values !== undefined)
      for (const word of await wordsOf(flags.values, flags.config)) output.line(word);
    else if (shell !== undefined) output.line(scripts[shell](commandTree(program)).trimEnd());
    else
      throw new PpuriError('usage', 'which shell?', {
        operation: 'print a completion',
        subject: 'ppuri completion',
        hint: `give ${shells.join(', ')}`,
      });
  };
  program
    .command('completion')
    .description('print what bash, zsh or fish needs to complete commands')
    .addArgument(new Argument('[shell]', 'the shell').choices(shells))
    .addOption(new Option('--values <kind>', 'words of the site').choices(lookups).hideHelp())
    .addOption(new Option('-c, --config <file>', 'the configuration of the site').hideHelp())
    .addHelpText('after', help)
    .action(action('print a completion', complete));
}
