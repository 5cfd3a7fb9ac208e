/** `ppuri label`: what inspection found on a shot. */
import { type Command, InvalidArgumentError } from 'commander';
import type { LabelPlace, LabelRequest } from '../labels/request.ts';
import { giveLabel, labelLanguage, thisUser, withAgent } from './label-agent.ts';
import { addLabelImport } from './label-import.ts';
import { addLabelList } from './label-list.ts';
import { cyclePlace } from './label-place.ts';
import { addLabelScan } from './label-scan.ts';
import { newestNote, resultOf, takenLine } from './label-words.ts';
import { action, type Output } from './output.ts';
import { addStoreFlags, placeOf, type StoreFlags } from './store-access.ts';

interface LabelFlags extends StoreFlags {
  readonly type?: string;
  readonly part?: string;
  readonly by?: string;
}

const help = `
CYCLE names the shot: BOOT/SEQ (as in \`ppuri cycles --json\`), MACHINE#SHOT (the newest with that
counter value), MACHINE#SHOT@2026-11-26 (of that day), or MACHINE@2026-11-26T09:14:05 (the nearest
within 30 s). A later result of the same part replaces the one before; both are kept. The running agent
keeps it: once the command has ended well, no power cut takes it away.

--json prints {"state":"kept"|"repeated","label":{…},"shot":{"wallMs","outcome","ambiguous"},
"key":{"boot","seq"}}.

Examples:
  ppuri label dc-03#1204 defect --type shrinkage -c ppuri.yaml
  ppuri label 3호기#1204@2026-11-26 ok --part 캐비티2 -c ppuri.yaml
  ppuri label import 검사.csv -c ppuri.yaml
  ppuri label list -c ppuri.yaml --since 7d`;

function result(text: string): 'ok' | 'defect' {
  const found = resultOf(text, { ok: [], defect: [] });
  if (found !== null) return found;
  throw new InvalidArgumentError('the result is ok or defect (양품, 불량)');
}

async function run(
  output: Output,
  shot: LabelPlace,
  found: 'ok' | 'defect',
  flags: LabelFlags,
): Promise<void> {
  const place = placeOf(flags);
  const request: LabelRequest = {
    place: shot,
    part: flags.part ?? '',
    result: found,
    type: flags.type ?? null,
    who: flags.by ?? thisUser(),
    from: 'cli',
    // A time is a person's estimate: what it fits twice is asked again.
    ambiguous: 'wallMs' in shot ? 'refuse' : 'newest',
  };
  const taken = await withAgent(place, (client) => giveLabel(client, request));
  if (flags.json === true) return output.json(taken);
  output.line(takenLine(taken, taken.state, place));
  const note = newestNote(taken, place.lang);
  if (note !== null) output.note(note);
}

export function addLabel(program: Command): void {
  const label = program
    .command('label')
    .argument('<cycle>', 'the shot', cyclePlace)
    .argument('<result>', 'ok or defect', result)
    .description('keep what inspection found')
    .enablePositionalOptions();
  addStoreFlags(label, 'one JSON object, described below')
    .option('--type <defect>', 'kind of the defect: an id or title of the profile')
    .option('--part <name>', 'cavity or part, where a shot makes several')
    .option('--by <name>', 'who inspected (default: this user)')
    .addHelpText('after', help)
    .action(action('label a shot', run, (_shot, _result, flags) => labelLanguage(flags)));
  addLabelImport(label);
  addLabelScan(label);
  addLabelList(label);
}
