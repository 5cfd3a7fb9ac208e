/** `ppuri doctor`: whether this computer can run ppuri, and what to do where it cannot. */
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { exitCodes, PpuriError } from '../../config/errors.ts';
import { storeSchema } from '../../config/schema.ts';
import type { Account } from '../health/accounts.ts';
import { countLevels, examine } from '../health/doctor.ts';
import { readService, runsWith } from '../health/doctor-service.ts';
import type { Finding, Level } from '../health/finding.ts';
import { mayGoFirst } from '../priority.ts';
import { forkRole } from '../role.ts';
import { connectControl } from '../store/control-client.ts';
import {
  configFindings,
  lookAtConfig,
  panelListen,
  serialUses,
  targetsOf,
} from './doctor-config.ts';
import { action, type Output } from './output.ts';
import { type Language, terminalLanguage } from './words.ts';

interface DoctorFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly lang?: Language;
}

/** Where the package puts it. */
const standardConfig = '/etc/ppuri/ppuri.yaml';

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

/** Whether the agent of this store answers. */
async function isRunning(dir: string): Promise<boolean> {
  try {
    (await connectControl(dir)).close();
    return true;
  } catch (error) {
    if (!(error instanceof PpuriError)) throw error;
    return false;
  }
}

/** Null where this process is the service's user, or root, who may do all that it may. */
function otherUser(account: Account | null): Account | null {
  return account?.uid === process.getuid?.() ? null : account;
}

function summaryLine(findings: readonly Finding[], lang: Language): string {
  const { ok: fine, warn, fail: failed } = countLevels(findings);
  if (lang === 'ko') return `정상 ${fine} · 주의 ${warn} · 이상 ${failed}`;
  return `${fine} ok, ${warn} warn, ${failed} fail`;
}

async function doctor(output: Output, flags: DoctorFlags): Promise<void> {
  const { config: file, lang = terminalLanguage() } = flags;
  const looked = file === undefined ? null : await lookAtConfig(file);
  const config = looked?.config ?? null;
  const findings: Finding[] = [];
  const show = (finding: Finding): void => {
    findings.push(finding);
    if (flags.json !== true) printFinding(finding, lang, output);
  };
  for (const finding of looked?.findings ?? []) show(finding);
  const dir = looked?.storePath ?? storeSchema.parse({}).path;
  const service = await readService();
  // A configuration of somebody's own is not for the service's user to read or keep records for.
  const served = file === undefined || runsWith(service, file);
  const owner = served ? otherUser(service.account) : null;
  const serial = serialUses(config);
  const readable = looked?.findings[0]?.data.code === undefined;
  const configFile = served && readable ? (file ?? null) : null;
  await examine({
    fork: forkRole,
    store: { dir, configured: looked !== null, owner },
    panel: panelListen(looked),
    running: await isRunning(dir),
    installation: {
      ...{ service, serial, targets: targetsOf(config), mayGoFirst: mayGoFirst() },
      use: { configFile, usesSerial: served && serial.length > 0, standardConfig },
    },
    onFinding: show,
  });
  for (const finding of await configFindings(file ?? null, config)) show(finding);
  const counts = countLevels(findings);
  if (flags.json === true) output.json({ ...counts, findings });
  else output.line(summaryLine(findings, lang));
  if (counts.fail > 0) process.exitCode = exitCodes.checkFailed;
}

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('check this computer and the installation: addons, disk, service, ports, targets')
    .option('-c, --config <file>', 'also check this configuration and all that it names')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Looks at the system and its addons, memory, disk, clock, ports and latency; at the service, its user,
watchdog and priority, serial adapters, the journal and trusted keys; and with -c at the configuration,
its models (each loaded, with its golden vectors), its certificates, its serial ports, and whether its
sync targets and webhooks are reached: connection and TLS, nothing is sent. Each native addon is loaded
in a process of its own, so a crash is a finding and not the end. Exit code 1 when something stops work;
warnings do not. With sudo it sees what only root may see.

--json prints one object: {"ok":n,"warn":n,"fail":n,"findings":[{"id","level":"ok"|"warn"|"fail",
"text":{"ko","en"},"hint":{"ko","en"}|null,"data":{…}}]}.

Examples:
  $ ppuri doctor
  $ ppuri doctor -c /etc/ppuri/ppuri.yaml --lang ko
  $ ppuri doctor --json`,
    );
  const language = command
    .createOption('--lang <language>', 'language of the findings (default: that of the terminal)')
    .choices(['ko', 'en']);
  command.addOption(language).action(action('doctor', doctor));
}
