/** `ppuri label scan`: a barcode scanner types a line for each part. */
import { createInterface } from 'node:readline';
import { type Command, InvalidArgumentError } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import type { LabelRequest } from '../labels/request.ts';
import { giveLabel, labelLanguage, thisUser, withAgent } from './label-agent.ts';
import { cyclePlace } from './label-place.ts';
import { newestNote, resultOf, takenLine } from './label-words.ts';
import { action, failureLines, type Output } from './output.ts';
import { addStoreFlags, type Place, placeOf, type StoreFlags } from './store-access.ts';

interface ScanFlags extends StoreFlags {
  readonly pattern: RegExp;
  readonly result?: 'ok' | 'defect';
  readonly type?: string;
  readonly by?: string;
}

const help = `
Each line names one part, as --pattern reads it: groups machine and shot, or code (as \`ppuri label\`
takes it); part and result where the barcode has them. A line that is only a result (OK, NG, 양품,
불량) sets it for the lines that follow: print one barcode for each and scan it first.
Ends with the input (Ctrl-D); exit 1 when a line was not taken.

--json prints one line for each: {"line","state":"kept"|"repeated"|"refused"|"result",…}.

Examples:
  ppuri label scan -c ppuri.yaml --result defect --type porosity
  ppuri label scan -c ppuri.yaml --pattern '^(?<machine>dc-\\d+)/(?<shot>\\d+)/(?<result>OK|NG)$'`;

function pattern(text: string): RegExp {
  let parsed: RegExp;
  try {
    parsed = new RegExp(text, 'u');
  } catch (thrown) {
    throw new InvalidArgumentError(thrown instanceof Error ? thrown.message : String(thrown));
  }
  if (/\(\?<(shot|code)>/.test(text)) return parsed;
  throw new InvalidArgumentError('the pattern needs the groups machine and shot, or code');
}

/** A machine’s id may hold hyphens itself: the shot is what follows the last one. */
const usualPattern = /^(?<machine>.+)[-#_](?<shot>\d+)$/u;
const noWords = { ok: [], defect: [] } as const;

interface Scan {
  readonly place: Place;
  readonly flags: ScanFlags;
  result: 'ok' | 'defect' | null;
}

function unreadable(line: string, hint: string): PpuriError {
  return new PpuriError('label-refused', `"${line}" is no barcode of a part`, {
    operation: 'read a scanned line',
    subject: line,
    hint,
  });
}

function placeIn(groups: Readonly<Record<string, string | undefined>>, line: string) {
  const { machine, shot, code } = groups;
  try {
    if (code !== undefined) return cyclePlace(code);
    return cyclePlace(`${machine ?? ''}#${shot ?? ''}`);
  } catch (thrown) {
    if (!(thrown instanceof InvalidArgumentError)) throw thrown;
    throw unreadable(line, thrown.message);
  }
}

/** Throws `label-refused`. */
function requestOf(line: string, { flags, result: current }: Scan): LabelRequest {
  const groups = flags.pattern.exec(line)?.groups;
  if (groups === undefined) throw unreadable(line, `it does not fit ${flags.pattern.source}`);
  const scanned = groups.result === undefined ? null : resultOf(groups.result, noWords);
  const result = scanned ?? current;
  if (result === null) throw unreadable(line, 'no result: scan OK or NG first, or give --result');
  return {
    place: placeIn(groups, line),
    part: groups.part ?? '',
    result,
    type: result === 'ok' ? null : (flags.type ?? null),
    who: flags.by ?? thisUser(),
    from: 'cli',
    ambiguous: 'newest',
  };
}

async function takeLine(output: Output, line: string, scan: Scan): Promise<void> {
  const { place, flags } = scan;
  const isJson = flags.json === true;
  const word = resultOf(line, noWords);
  if (word !== null) {
    scan.result = word;
    const said = { ok: { ko: '양품', en: 'good' }, defect: { ko: '불량', en: 'defect' } }[word];
    if (isJson) output.json({ line, state: 'result', result: word });
    else output.line(place.lang === 'ko' ? `이후 ${said.ko}` : `from here on: ${said.en}`);
    return;
  }
  const request = requestOf(line, scan);
  const taken = await withAgent(place, (client) => giveLabel(client, request));
  if (isJson) return output.json({ line, ...taken });
  output.line(takenLine(taken, taken.state, place));
  const note = newestNote(taken, place.lang);
  if (note !== null) output.note(note);
}

async function run(output: Output, flags: ScanFlags): Promise<void> {
  const place = placeOf(flags);
  const scan: Scan = { place, flags, result: flags.result ?? null };
  // Told before the first part is scanned.
  await withAgent(place, async () => undefined);
  for await (const typed of createInterface({ input: process.stdin })) {
    const line = typed.trim();
    if (line === '') continue;
    try {
      await takeLine(output, line, scan);
    } catch (thrown) {
      // The next part is scanned all the same.
      if (!(thrown instanceof PpuriError)) throw thrown;
      process.exitCode = 1;
      const { code, message, hint } = thrown;
      if (flags.json === true) output.json({ line, state: 'refused', code, message, hint });
      else for (const text of failureLines(thrown, place.lang)) output.note(text);
    }
  }
}

export function addLabelScan(label: Command): void {
  const command = label.command('scan').description('take a result for each barcode scanned');
  addStoreFlags(command, 'one JSON object a line, described below')
    .option('--pattern <regex>', 'how a barcode names a part', pattern, usualPattern)
    .option('--result <ok|defect>', 'of all that is scanned', (text) => {
      if (text === 'ok' || text === 'defect') return text;
      throw new InvalidArgumentError('ok or defect');
    })
    .option('--type <defect>', 'kind of the defects: an id or title of the profile')
    .option('--by <name>', 'who inspects (default: this user)')
    .addHelpText('after', help)
    .action(action('scan labels', run, (flags) => labelLanguage(flags)));
}
