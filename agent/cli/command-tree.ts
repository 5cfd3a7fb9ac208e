/** The command line as data: what completion and the manual are made of, so that neither goes stale. */
import type { Argument, Command, Option } from 'commander';

/** What may stand somewhere: one of a few words, something that is looked up, or any text. */
export type Values =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'machine' | 'bus' | 'profile' | 'model' | 'file' | 'dir' | 'text' };

export interface TreeOption {
  /** `-c`, `--config`: one or both. */
  readonly names: readonly string[];
  readonly flags: string;
  readonly about: string;
  /** Null: it takes none. */
  readonly values: Values | null;
}

export interface TreeArgument {
  /** As it is written: `<file>`, `[csv]`. */
  readonly shown: string;
  readonly values: Values;
}

export interface TreeCommand {
  /** Words after `ppuri`; '' for ppuri itself. */
  readonly path: string;
  readonly about: string;
  readonly options: readonly TreeOption[];
  readonly arguments: readonly TreeArgument[];
  readonly commands: readonly TreeCommand[];
  /** What `--help` says after the options; '' for nothing. */
  readonly notes: string;
}

const byName: Readonly<Record<string, Values['kind']>> = {
  '--machine': 'machine',
  '--profile': 'profile',
  '--model': 'model',
  '--against': 'model',
};

const byPlaceholder: Readonly<Record<string, Exclude<Values['kind'], 'choices'>>> = {
  bus: 'bus',
  profile: 'profile',
  bundle: 'model',
  'name[@version]': 'model',
  file: 'file',
  csv: 'file',
  pem: 'file',
  path: 'file',
  dir: 'dir',
};

function valuesOf(
  name: string,
  placeholder: string,
  choices: readonly string[] | undefined,
): Values {
  if (choices !== undefined) return { kind: 'choices', choices };
  const kind = byName[name] ?? byPlaceholder[placeholder] ?? 'text';
  return kind === 'choices' ? { kind: 'text' } : { kind };
}

function optionOf(option: Option): TreeOption {
  const { short, long, flags, description, required, optional, argChoices } = option;
  const placeholder = /[<[](.+?)[\]>]$/.exec(flags)?.[1] ?? '';
  const names = [short, long].filter((name) => name !== undefined && name !== null);
  const takes = required || optional;
  const values = takes ? valuesOf(long ?? '', placeholder, argChoices) : null;
  const { defaultValue } = option;
  const plain = typeof defaultValue === 'string' || typeof defaultValue === 'number';
  const standing = plain ? ` (default: ${defaultValue})` : '';
  return { names, flags, about: `${description}${standing}`, values };
}

function argumentOf(argument: Argument): TreeArgument {
  const name = argument.name();
  const own = argument.variadic ? `${name}...` : name;
  const shown = argument.required ? `<${own}>` : `[${own}]`;
  return { shown, values: valuesOf('', name, argument.argChoices) };
}

/** What help prints after the part that commander makes itself, which alone it gives as text. */
function notesOf(command: Command): string {
  const output = command.configureOutput();
  let printed = '';
  const take = (text: string): void => {
    printed += text;
  };
  command.configureOutput({ ...output, writeOut: take });
  command.outputHelp();
  command.configureOutput(output);
  return printed.slice(command.helpInformation().length).replace(/^\n+|\s+$/g, '');
}

/** `program` and everything below it, in the order of its help; what is hidden there is left out. */
export function commandTree(
  program: Command,
  parent: readonly string[] | null = null,
): TreeCommand {
  const words = parent === null ? [] : [...parent, program.name()];
  const helper = program.createHelp();
  return {
    path: words.join(' '),
    about: program.description(),
    options: helper.visibleOptions(program).map(optionOf),
    arguments: program.registeredArguments.map(argumentOf),
    commands: helper
      .visibleCommands(program)
      .filter((command) => command.name() !== 'help')
      .map((command) => commandTree(command, words)),
    notes: notesOf(program),
  };
}

/** The tree as a list, each command before those below it. */
export function everyCommand(tree: TreeCommand): TreeCommand[] {
  return [tree, ...tree.commands.flatMap(everyCommand)];
}
