/** What `ppuri model add` still needs, asked at the terminal one by one, as the flags would give it. */
import { createInterface } from 'node:readline/promises';
import { InvalidArgumentError } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { list, missingWord, number, pair } from './model-flags.ts';
import type { AddOptions } from './model-request.ts';

/** Shows a question and gives the answer; null: nobody answers any more. */
export type AskPerson = (question: string) => Promise<string | null>;

const oneOf =
  <T extends string>(...words: readonly T[]) =>
  (text: string): T => {
    const found = words.find((word) => word === text.toLowerCase());
    if (found === undefined) throw new InvalidArgumentError(words.join(', '));
    return found;
  };

const text = (answer: string): string => answer;

/** Flag → how its value is read. Flags that name files of the toolkit are read as paths. */
const readers = {
  task: oneOf('binary', 'multiclass', 'regression', 'outlier'),
  activation: oneOf('sigmoid', 'softmax', 'none'),
  direction: oneOf('high', 'low'),
  missing: missingWord,
  threshold: number,
  low: number,
  high: number,
  positive: list,
  features: list,
  profile: text,
  name: text,
  output: text,
  unit: text,
  golden: text,
  data: text,
} satisfies Partial<Record<keyof AddOptions, (answer: string) => unknown>>;

type Askable = keyof typeof readers;

const isAskable = (flag: string): flag is Askable => Object.hasOwn(readers, flag);

const mostRounds = 40;
/** In a row; by then it is no slip of the finger. */
const mostSlips = 3;

/**
 * Asks for what `needs` says until it says nothing. An answer may name its flag (`--low 415`), which
 * chooses where a question offers several. Ends with what there is when the person gives nothing.
 */
export async function askForNeeds(
  options: AddOptions,
  needs: (options: AddOptions) => Promise<readonly string[]>,
  ask: AskPerson,
): Promise<AddOptions> {
  let known = options;
  let [fault, slips] = ['', 0];
  for (let round = 0; round < mostRounds; round += 1) {
    const open = (await needs(known)).find((need) => flagsOf(need).length > 0);
    if (open === undefined) return known;
    const flags = flagsOf(open);
    const answer = await ask(`${fault}${open}\n--${flags[0]} `);
    if (answer === null || answer.trim() === '') return known;
    try {
      known = { ...known, ...answered(known, open, answer.trim(), flags[0] ?? '') };
      [fault, slips] = ['', 0];
    } catch (error) {
      // A slip of the finger must not cost what was answered before it.
      slips += 1;
      if (!(error instanceof PpuriError) || slips === mostSlips) throw error;
      fault = `${error.message}\n`;
    }
  }
  return known;
}

function flagsOf(need: string): string[] {
  const flags = [...need.matchAll(/--([a-z]+)/g)].map(([, flag = '']) => flag);
  return flags.filter((flag) => isAskable(flag) || flag === 'map');
}

/** ` 415`, ` --low 415 --high 425` */
const flagged = /--([a-z]+)\s+(.*?)(?=\s+--[a-z]|$)/g;

function answered(options: AddOptions, need: string, answer: string, first: string): AddOptions {
  const whole = answer.startsWith('--') ? answer : `--${first} ${answer}`;
  const values = [...whole.matchAll(flagged)].map(([, flag = '', value = '']) =>
    valueGiven(options, need, flag, value.trim()),
  );
  return Object.assign({}, ...values) as AddOptions;
}

function valueGiven(options: AddOptions, need: string, flag: string, value: string): AddOptions {
  try {
    if (flag === 'map') {
      const behind = /behind "([^"]+)"/.exec(need)?.[1];
      const whole = value.includes('=') || behind === undefined ? value : `${behind}=${value}`;
      return { map: pair(whole.replaceAll("'", ''), options.map) };
    }
    if (isAskable(flag)) return { [flag]: readers[flag](value) };
  } catch (thrown) {
    if (!(thrown instanceof InvalidArgumentError)) throw thrown;
    throw wrong(`--${flag} ${value}: ${thrown.message}`, value);
  }
  throw wrong(`there is no flag --${flag} to answer with`, value);
}

function wrong(message: string, subject: string): PpuriError {
  const hint = 'give the answer in the form that the question shows';
  return new PpuriError('usage', message, { operation: 'add a model', subject, hint });
}

/** Null where nobody sits at a terminal, so that scripts fail with all that is missing at once. */
export function terminalAsk(): AskPerson | null {
  const { stdin, stderr } = process;
  if (stdin.isTTY !== true || stderr.isTTY !== true) return null;
  return async (question) => {
    const lines = createInterface({ input: stdin, output: stderr });
    const ended = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
    const answer = await Promise.race([lines.question(question), ended]);
    lines.close();
    return answer;
  };
}
