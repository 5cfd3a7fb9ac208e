/** `ppuri init`: writes a configuration from questions or flags. */
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import { formatProblem, type Problem, ProblemsError } from '../../config/problem.ts';
import { Interrupted, LinePrompt } from './ask-line.ts';
import { kindWords, profileOffers, profileOrNull } from './init-catalog.ts';
import { type Draft, gatewayName, isName, standard } from './init-draft.ts';
import {
  busFlag,
  deviceFlag,
  MachineFlags,
  nameFlag,
  panelFlag,
  rejectFlag,
  unitFlag,
} from './init-flags.ts';
import { draftOf } from './init-from-flags.ts';
import { Wizard } from './init-wizard.ts';
import { initWords as words } from './init-words.ts';
import { requireNew, writeChecked } from './init-write.ts';
import { yamlText } from './init-yaml.ts';
import { interrupted } from './interrupt.ts';
import { action, type Output } from './output.ts';
import { Progress } from './progress.ts';
import { tableLines } from './table.ts';
import type { Language } from './words.ts';

export interface InitFlags {
  readonly gateway?: string;
  readonly site?: string;
  readonly panel?: string;
  readonly store?: string;
  readonly scan?: boolean;
  readonly list?: boolean;
  readonly lang: Language;
  readonly json?: boolean;
}

const help = `
At a terminal and without machine flags it asks, in Korean or with --lang en in English; Ctrl-C at any
question leaves nothing behind. With --machine it asks nothing. FILE is ${standard.file} where none is given.
It is checked as \`ppuri check\` does, before it is written, and never overwrites anything but the example
that an installation puts there, untouched: exit code 3.

Machine flags stand after their --machine, and there may be several machines; one that does not say its
--profile or --bus has those of the machine before it. Both may also stand before the first, for all. --scan looks for the unit and the profile of machines that do not say
them: it reads units 1 to 32 of the bus, and takes what one unit alone can be.
BUS: tcp://192.168.0.10:502, rtu:///dev/ttyUSB0?baud=19200&parity=even, rtu+tcp://192.168.0.20:4001,
line:///dev/ttyUSB1?baud=9600, line+tcp://192.168.0.20:4002.

--json prints one object: {"file","gateway","machines":[{"id","profile","unit","model"}],"warnings":[…],
"next":[commands]}; with --list an array of {"id","title":{"ko","en"},"kind"}.

Examples:
  ppuri init
  ppuri init /etc/ppuri/ppuri.yaml --lang en
  ppuri init ppuri.yaml --gateway gw-press-3 --site busan-1 --bus tcp://192.168.0.10 \\
    --machine dc-03 --name 3호기 --profile die-casting-cold-chamber --unit 1 --reject coil:0 \\
    --device meter=eastron-sdm630@7@tcp://192.168.0.30 \\
    --machine dc-04 --name 4호기 --unit 2
  ppuri init --bus tcp://192.168.0.10 --machine dc-03 --scan
  ppuri init --list`;

function listProfiles(output: Output, { json, lang }: InitFlags): void {
  const offers = profileOffers();
  if (json === true) output.json(offers);
  else
    for (const line of tableLines(
      [
        { title: lang === 'ko' ? '이름' : 'id', text: ({ id }) => id },
        { title: lang === 'ko' ? '종류' : 'kind', text: ({ kind }) => kindWords[kind][lang] },
        { title: lang === 'ko' ? '기종' : 'what', text: ({ title }) => title[lang] },
      ],
      offers,
    ))
      output.line(line);
}

/** Answers from the terminal; null: somebody said no at the end. */
async function askedFor(file: string, flags: InitFlags, output: Output): Promise<Draft | null> {
  const { stdin, stderr } = process;
  if (stdin.isTTY !== true || stderr.isTTY !== true || flags.json === true)
    throw new PpuriError('usage', 'there is no terminal to ask at, and no --machine', {
      operation: 'write a configuration',
      subject: file,
      hint: 'give --machine ID --profile ID --bus ADDRESS; `ppuri init --list` shows the profiles',
    });
  const prompt = new LinePrompt();
  try {
    const { gateway, site, panel, store, lang } = flags;
    const given = {
      ...(gateway === undefined ? {} : { gateway }),
      ...(site === undefined ? {} : { site }),
      ...(panel === undefined ? {} : { panel: panelOf(panel) }),
      ...(store === undefined ? {} : { store }),
    };
    const progress = new Progress(output, true);
    const wizard = new Wizard({ prompt, progress, lang, base: dirname(file), given });
    const draft = await wizard.draft();
    return (await wizard.confirm(textOf(draft, file))) ? draft : null;
  } finally {
    prompt.close();
  }
}

const panelOf = (panel: string): string | null => (panel === 'none' ? null : panel);

const textOf = (draft: Draft, file: string): string =>
  yamlText(draft, file, (reference) => profileOrNull(reference, dirname(file)));

function nextSteps(
  file: string,
): { readonly command: string; readonly about: keyof typeof words }[] {
  return [
    { command: `ppuri check -c ${file}`, about: 'nextCheck' },
    { command: `ppuri probe -c ${file}`, about: 'nextProbe' },
    { command: `ppuri doctor -c ${file}`, about: 'nextDoctor' },
    { command: `ppuri run -c ${file}`, about: 'nextRun' },
  ];
}

function tell(
  output: Output,
  file: string,
  draft: Draft,
  warnings: readonly Problem[],
  flags: InitFlags,
) {
  const { lang } = flags;
  const next = nextSteps(file);
  if (flags.json === true) {
    const machines = draft.machines.map(({ id, profile, unit, model }) => ({
      id,
      profile,
      unit,
      model,
    }));
    output.json({
      ...{ file, gateway: draft.gateway, machines },
      ...{ warnings, next: next.map(({ command }) => command) },
    });
    return;
  }
  for (const warning of warnings)
    output.note(`${lang === 'ko' ? '주의' : 'warning'}: ${formatProblem(warning)}`);
  output.line(`${file}: ${words.written[lang]}`);
  output.line(words.next[lang]);
  const widest = Math.max(...next.map(({ command }) => command.length));
  for (const { command, about } of next)
    output.line(`  ${command.padEnd(widest)}  ${words[about][lang]}`);
}

async function write(output: Output, file: string, draft: Draft, flags: InitFlags): Promise<void> {
  const stop = interrupted();
  try {
    const text = textOf(draft, file);
    const warnings = await writeChecked(file, text, () => stop.seen() !== null);
    if (stop.seen() !== null) throw new Interrupted();
    tell(output, file, draft, warnings, flags);
  } catch (thrown) {
    // Whoever answered all questions does not lose the answers.
    if (thrown instanceof ProblemsError && flags.json !== true) output.note(textOf(draft, file));
    throw thrown;
  } finally {
    stop.dispose();
  }
}

async function init(output: Output, machines: MachineFlags, file: string, flags: InitFlags) {
  if (flags.list === true) return listProfiles(output, flags);
  requireNew(file);
  try {
    const draft = machines.given
      ? await draftOf(machines.machines, common(flags), output)
      : await askedFor(file, flags, output);
    if (draft === null) throw new Interrupted();
    await write(output, file, draft, flags);
  } catch (thrown) {
    if (!(thrown instanceof Interrupted)) throw thrown;
    output.note(words.left[flags.lang]);
    process.exitCode = exitCodes.interrupted;
  }
}

function common(flags: InitFlags) {
  const { lang, scan = false, json = false } = flags;
  return {
    gateway: flags.gateway ?? gatewayName(),
    site: flags.site ?? standard.site,
    panel: flags.panel === undefined ? standard.panel : panelOf(flags.panel),
    store: flags.store ?? standard.store,
    ...{ lang, scan, quiet: json },
  };
}

function siteFlag(text: string): string {
  return isName(text) ? text : nameFlag(text);
}

export function addInit(program: Command): void {
  const machines = new MachineFlags();
  program
    .command('init')
    .description('write a configuration, from questions or flags')
    .argument('[file]', 'the configuration to write', standard.file)
    .option('--gateway <id>', 'name of this gateway (default: gw- and the host name)', nameFlag)
    .option('--site <name>', 'name of the plant', siteFlag)
    .option(
      '--panel <listen>',
      `address:port of the panel, or none (default: ${standard.panel})`,
      panelFlag,
    )
    .option('--store <dir>', `directory of the records (default: ${standard.store})`)
    .option('--machine <id>', 'a machine; repeat it for more', (id) => machines.begin(id))
    .option('--name <text>', 'what operators call it, e.g. 3호기', (name) => machines.set({ name }))
    .option('--profile <id>', 'shipped profile, or the path of one', (id) =>
      machines.shared({ profile: id }),
    )
    .option('--bus <bus>', 'where it is read', (text) => machines.shared({ bus: busFlag(text) }))
    .option('--unit <n>', 'its unit (default: 1)', (text) => machines.set({ unit: unitFlag(text) }))
    .option('--model <name>', 'model that judges it (default: limits alone)', (model) =>
      machines.set({ model }),
    )
    .option('--reject <where>', 'reject signal: coil:0 or register:100', (text) =>
      machines.set({ reject: rejectFlag(text) }),
    )
    .option(
      '--device <name=profile@unit[@bus]>',
      'a meter or instrument beside it; repeatable',
      (text) => machines.device(deviceFlag(text)),
    )
    .option('--scan', 'find unit and profile on the bus')
    .option('--list', 'show the shipped profiles, and write nothing')
    .addOption(
      new Option('--lang <lang>', 'language of questions, comments and alerts')
        .choices(['ko', 'en'])
        .default('ko'),
    )
    .option('--json', 'one JSON object, described below')
    .addHelpText('after', help)
    .action(
      action(
        'write a configuration',
        (output, file: string, flags: InitFlags) => init(output, machines, file, flags),
        (_, flags) => flags.lang,
      ),
    );
}
