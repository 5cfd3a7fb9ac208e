/** The manual, `man ppuri`: the commands as they are, and a little prose. */
import { errorTable, exitCodes } from '../../config/errors.ts';
import { everyCommand, type TreeCommand } from './command-tree.ts';

/** Text that troff prints as it is. */
function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .split('\n')
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .join('\n');
}

const bold = (text: string): string => `\\fB${plain(text)}\\fR`;

/** Lines as they are written, not filled. */
function block(text: string): string[] {
  return text === '' ? [] : ['.PP', '.nf', plain(text), '.fi'];
}

function section(title: string, lines: readonly string[]): string[] {
  return [`.SH ${title}`, ...lines];
}

function commandLines({ path, about, options, arguments: places, notes }: TreeCommand): string[] {
  const synopsis = ['ppuri', path, ...places.map(({ shown }) => shown), '[options]'].join(' ');
  return [
    `.SS "ppuri ${plain(path)}"`,
    bold(synopsis),
    '.PP',
    plain(`${about.charAt(0).toUpperCase()}${about.slice(1)}.`),
    ...options.flatMap(({ flags, about: what, values }) => [
      '.TP',
      bold(flags),
      plain(values?.kind === 'choices' ? `${what} (${values.choices.join(', ')})` : what),
    ]),
    ...block(notes),
  ];
}

const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'all went well',
  checkFailed: 'a check failed, or nothing was found',
  usage: 'the command line is not understood',
  configuration: 'the configuration or a profile has errors',
  device: 'a device or bus',
  store: 'the store',
  model: 'a model',
  interrupted: 'interrupted by Ctrl-C or a signal',
};

const tagged = (entries: readonly (readonly [string, string])[]): string[] =>
  entries.flatMap(([tag, text]) => ['.TP', bold(tag), plain(text)]);

const description = `ppuri reads the sensors of casting and injection-molding machines over Modbus and serial lines, turns
every shot into features, judges it with an ONNX model and rule limits within a time bound, tells the operator what is wrong
and what to do, and keeps every record. It runs on the gateway beside the machine and needs no other network.`;

const firstSteps = `ppuri init /etc/ppuri/ppuri.yaml       write a configuration, from questions
ppuri check -c /etc/ppuri/ppuri.yaml   check it
ppuri probe -c /etc/ppuri/ppuri.yaml   read every value once
ppuri doctor -c /etc/ppuri/ppuri.yaml  see whether this computer is fit
systemctl enable --now ppuri           run it
ppuri watch -c /etc/ppuri/ppuri.yaml   look at it`;

const files: readonly (readonly [string, string])[] = [
  ['/etc/ppuri/ppuri.yaml', 'the configuration'],
  ['/etc/ppuri/trust', 'public keys whose model bundles are taken'],
  ['/var/lib/ppuri', 'records and added models'],
];

const environment: readonly (readonly [string, string])[] = [
  ['NO_COLOR', 'no colours in the output'],
  ['LC_ALL, LC_MESSAGES, LANG', 'language of what has no --lang and no configuration to say it'],
];

export function manPage(tree: TreeCommand, version: string): string {
  const [, ...commands] = everyCommand(tree);
  const runnable = commands.filter(
    ({ arguments: places, options, commands: below }) =>
      below.length === 0 || places.length > 0 || options.length > 1,
  );
  const lines = [
    '.\\" Made from the commands by `npm run generate`; do not edit.',
    `.TH PPURI 1 "" "ppuri ${version}" "ppuri"`,
    ...section('NAME', [plain(`ppuri - ${tree.about}`)]),
    ...section('SYNOPSIS', [`${bold('ppuri')} \\fIcommand\\fR [\\fIoptions\\fR]`]),
    ...section('DESCRIPTION', [plain(description), ...block(firstSteps)]),
    ...section('COMMANDS', runnable.flatMap(commandLines)),
    ...section(
      'EXIT STATUS',
      tagged(
        Object.entries(exitCodes).map(([name, code]) => [
          String(code),
          exitMeanings[name as keyof typeof exitCodes],
        ]),
      ),
    ),
    ...section('ENVIRONMENT', tagged(environment)),
    ...section('FILES', tagged(files)),
    ...section(
      'ERRORS',
      tagged(
        Object.entries(errorTable).map(([code, { exit, meaning }]) => [
          code,
          `${meaning} (exit status ${exit})`,
        ]),
      ),
    ),
  ];
  return `${lines.join('\n')}\n`;
}
