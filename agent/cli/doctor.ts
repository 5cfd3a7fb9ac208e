/** `ppuri doctor`: whether this computer can run ppuri, and what to do where it cannot. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import { storeSchema } from '../../config/schema.ts';
import { countLevels, examine } from '../health/doctor.ts';
import type { StorePlace } from '../health/doctor-store.ts';
import { type Finding, fail, type Level, ok } from '../health/finding.ts';
import { forkRole } from '../role.ts';
import { action, type Output } from './output.ts';

type Language = 'ko' | 'en';

interface DoctorFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly lang: Language;
}

const panel = { host: '127.0.0.1', port: 8787 };

const marks: Record<Level, Record<Language, string>> = {
  ok: { ko: '정상', en: 'ok  ' },
  warn: { ko: '주의', en: 'warn' },
  fail: { ko: '이상', en: 'FAIL' },
};
const colors = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function printFinding(finding: Finding, lang: Language, output: Output): void {
  const { level, text, hint } = finding;
  const mark = marks[level][lang];
  // Asked for by hand: createOutput has decided on colour already.
  const shown = output.color ? styleText(colors[level], mark, { validateStream: false }) : mark;
  output.line(`${shown}  ${text[lang]}`);
  if (hint !== null) output.line(`      → ${hint[lang]}`);
}

function unreadable(file: string, error: PpuriError): Finding {
  const text = {
    ko: `설정 파일을 읽을 수 없음: ${error.message}`,
    en: error.message,
  };
  return fail('config', text, { ko: error.hint, en: error.hint }, { file, code: error.code });
}

/** The configuration as a finding, and the store directory it names as far as it can be read. */
function lookAtConfig(file: string): { readonly finding: Finding; readonly storePath: string } {
  try {
    const { problems, parts } = parseConfig(file);
    const count = problems.length;
    const storePath = parts.storePath === '' ? defaultStore() : parts.storePath;
    if (count === 0) {
      const text = { ko: `${file} 문법 정상`, en: `${file} reads without errors` };
      return { storePath, finding: ok('config', text, { file }) };
    }
    const text = { ko: `${file}에 오류 ${count}개`, en: `${count} errors in ${file}` };
    const see = `ppuri check -c ${file}`;
    const hint = { ko: `${see} 로 확인하세요`, en: `see ${see}` };
    return { storePath, finding: fail('config', text, hint, { file, problems: count }) };
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return { storePath: defaultStore(), finding: unreadable(file, error) };
  }
}

function defaultStore(): string {
  return storeSchema.parse({}).path;
}

function summaryLine(findings: readonly Finding[], lang: Language): string {
  const { ok: fine, warn, fail: failed } = countLevels(findings);
  if (lang === 'ko') return `정상 ${fine} · 주의 ${warn} · 이상 ${failed}`;
  return `${fine} ok, ${warn} warn, ${failed} fail`;
}

async function doctor(output: Output, flags: DoctorFlags): Promise<void> {
  const { config: file, lang } = flags;
  const looked = file === undefined ? null : lookAtConfig(file);
  const store: StorePlace = {
    dir: looked?.storePath ?? defaultStore(),
    configured: looked !== null,
  };
  const show = (finding: Finding): void => {
    if (flags.json !== true) printFinding(finding, lang, output);
  };
  if (looked !== null) show(looked.finding);
  const examined = await examine({ fork: forkRole, store, panel, onFinding: show });
  const findings = looked === null ? examined : [looked.finding, ...examined];
  const counts = countLevels(findings);
  if (flags.json === true) output.json({ ...counts, findings });
  else output.line(summaryLine(findings, lang));
  if (counts.fail > 0) process.exitCode = exitCodes.checkFailed;
}

/** Korean where the terminal's locale is Korean. */
function terminalLanguage(): Language {
  const { LC_ALL, LC_MESSAGES, LANG } = process.env;
  return (LC_ALL ?? LC_MESSAGES ?? LANG ?? '').startsWith('ko') ? 'ko' : 'en';
}

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check this computer: system, addons, clock, disk, ports, latency')
    .option('-c, --config <file>', 'also check the store directory this configuration names')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Each native addon is loaded in a process of its own, so a crash is a finding and not the end.
Exit code 1 when anything fails; warnings do not fail.

Examples:
  $ ppuri doctor
  $ ppuri doctor -c /etc/ppuri/ppuri.yaml --lang ko
  $ ppuri doctor --json`,
    );
  const language = command
    .createOption('--lang <language>', 'language of the findings')
    .choices(['ko', 'en'])
    .default(terminalLanguage());
  command.addOption(language).action(action('doctor', doctor));
}
