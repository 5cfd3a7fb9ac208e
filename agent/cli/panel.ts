/** `ppuri panel …`: who may use the panel, by whoever owns the store, through the running agent. */
import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { parseConfig } from '../../config/load.ts';
import type { Role } from '../panel/contract.ts';
import { askAgent } from './alerts-handle.ts';
import { askSecret, secretOf } from './ask-secret.ts';
import { labelLanguage, thisUser } from './label-agent.ts';
import { action, type Output } from './output.ts';
import { addStoreFlags, type StoreFlags } from './store-access.ts';
import { tableLines } from './table.ts';
import type { Language } from './words.ts';

interface Who {
  readonly users: readonly { readonly name: string; readonly role: Role }[];
  readonly kiosks: readonly string[];
}

interface PutFlags extends StoreFlags {
  readonly role: Role;
  readonly newPassword?: boolean;
  readonly passwordFile?: string;
}

interface KioskFlags extends StoreFlags {
  readonly remove?: boolean;
}

const help = `
Asks the agent that runs on the store; who owns the store may do what an administrator may.
Passwords are asked at the terminal, or are the first line of --password-file.

Examples:
  ppuri panel claim -c /etc/ppuri/ppuri.yaml
  ppuri panel user put 김반장 --role operator -c ppuri.yaml
  ppuri panel user list -c ppuri.yaml --json
  ppuri panel kiosk line-3 -c ppuri.yaml
  ppuri panel kiosk line-3 --remove -c ppuri.yaml`;

const roleWords: Readonly<Record<Role, Readonly<Record<Language, string>>>> = {
  viewer: { ko: '조회', en: 'viewer' },
  operator: { ko: '작업자', en: 'operator' },
  admin: { ko: '관리자', en: 'admin' },
};

/** Who does it goes along, for the audit. */
async function order<T>(
  flags: StoreFlags,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly result: T; readonly lang: Language }> {
  const { result, lang } = await askAgent(flags, method, { ...params, who: thisUser() });
  return { result: result as T, lang };
}

function tell(output: Output, flags: StoreFlags, value: unknown, line: string): void {
  if (flags.json === true) output.json(value);
  else output.line(line);
}

async function claim(output: Output, flags: StoreFlags): Promise<void> {
  const { result, lang } = await order<{ code: string | null }>(flags, 'panel-claim');
  const claimed = {
    ko: '이미 관리자가 등록되어 있습니다. 사용자는 `ppuri panel user list`로 확인하세요',
    en: 'there is an administrator already; `ppuri panel user list` shows who',
  };
  tell(output, flags, result, result.code ?? claimed[lang]);
}

async function list(output: Output, flags: StoreFlags): Promise<void> {
  const { result, lang } = await order<Who>(flags, 'panel-users');
  if (flags.json === true) return output.json(result);
  const ko = lang === 'ko';
  const kiosk = ko ? '현장 모니터(조회·확인)' : 'kiosk (reads, acknowledges)';
  const rows = [
    ...result.users.map(({ name, role }) => ({ name, role: roleWords[role][lang] })),
    ...result.kiosks.map((name) => ({ name, role: kiosk })),
  ];
  if (rows.length === 0) {
    output.note(ko ? '등록된 사용자가 없습니다' : 'there are no users');
    return;
  }
  const columns = [
    { title: ko ? '이름' : 'name', text: (row: (typeof rows)[number]) => row.name },
    { title: ko ? '권한' : 'role', text: (row: (typeof rows)[number]) => row.role },
  ];
  for (const line of tableLines(columns, rows)) output.line(line);
  if (result.kiosks.length === 0) return;
  const how = 'ppuri panel kiosk';
  output.note(
    ko ? `현장 모니터 삭제: ${how} 이름 --remove` : `to remove a kiosk: ${how} NAME --remove`,
  );
}

/** Null: the password stays as it is. */
async function passwordFor(name: string, flags: PutFlags): Promise<string | null> {
  if (flags.passwordFile !== undefined) return secretOf(flags.passwordFile);
  const { result, lang } = await order<Who>(flags, 'panel-users');
  const isSame = (other: string): boolean =>
    other.normalize('NFC').toLowerCase() === name.normalize('NFC').toLowerCase();
  const known = result.users.some((user) => isSame(user.name));
  if (known && flags.newPassword !== true) return null;
  const ko = lang === 'ko';
  const first = await askSecret(ko ? `${name} 비밀번호` : `password of ${name}`);
  const second = await askSecret(ko ? '한 번 더' : 'once more');
  if (first === second) return first;
  throw new PpuriError('usage', ko ? '두 비밀번호가 다릅니다' : 'the two passwords differ', {
    operation: 'put a user',
    subject: name,
    hint: ko ? '다시 실행하세요' : 'run the command again',
  });
}

async function put(output: Output, name: string, flags: PutFlags): Promise<void> {
  const password = await passwordFor(name, flags);
  const { role } = flags;
  const { lang } = await order(flags, 'panel-user-put', { name, role, password });
  const line = { ko: `${name}: ${roleWords[role].ko}`, en: `${name} is ${roleWords[role].en}` };
  tell(output, flags, { name, role, newPassword: password !== null }, line[lang]);
}

async function remove(output: Output, name: string, flags: StoreFlags): Promise<void> {
  const { lang } = await order(flags, 'panel-user-remove', { name });
  const line = { ko: `${name} 삭제, 로그아웃했습니다`, en: `${name} is removed and logged out` };
  tell(output, flags, { name, removed: true }, line[lang]);
}

/** `http://192.168.0.5:8787`; '' when the configuration does not say. */
function addressOf({ config }: StoreFlags): string {
  const panel = config === undefined ? undefined : parseConfig(config).config?.panel;
  if (panel === undefined) return '';
  const any = panel.listen.replace(/^(?:0\.0\.0\.0|\[::\])(?=:\d+$)/, hostname());
  return `${panel.tls === undefined ? 'http' : 'https'}://${any}`;
}

async function kiosk(output: Output, name: string, flags: KioskFlags): Promise<void> {
  if (flags.remove === true) {
    const { lang } = await order(flags, 'panel-kiosk-remove', { name });
    const line = { ko: `현장 모니터 ${name} 삭제`, en: `the kiosk ${name} is removed` };
    return tell(output, flags, { name, removed: true }, line[lang]);
  }
  const { result, lang } = await order<{ token: string }>(flags, 'panel-kiosk-put', { name });
  const link = `${addressOf(flags)}/kiosk?token=${result.token}`;
  if (flags.json !== true)
    output.note(
      lang === 'ko'
        ? '현장 모니터에서 이 주소를 여세요. 다시 보여 주지 않습니다'
        : 'open this on the screen; it is not shown again',
    );
  tell(output, flags, { name, token: result.token, link }, link);
}

function addUser(panel: Command): void {
  const user = panel.command('user').description('users of the panel: list, put, remove');
  addStoreFlags(
    user.command('list').description('users and kiosks'),
    'one JSON object: users, kiosks',
  ).action(action('list users', list, labelLanguage));
  addStoreFlags(
    user.command('put <name>').description('add a user, or change role or password'),
    'one JSON object: name, role, newPassword',
  )
    .addOption(
      new Option('--role <role>', 'what they may do')
        .choices(['viewer', 'operator', 'admin'])
        .makeOptionMandatory(),
    )
    .option('--new-password', 'ask for another password of a user there is')
    .option('--password-file <file>', 'its first line is the password')
    .action(action('put a user', put, (_, flags) => labelLanguage(flags)));
  addStoreFlags(
    user
      .command('remove <name>')
      .description('remove a user, ending the sessions (a kiosk: panel kiosk NAME --remove)'),
    'one JSON object: name, removed',
  ).action(action('remove a user', remove, (_, flags) => labelLanguage(flags)));
}

export function addPanel(program: Command): void {
  const panel = program.command('panel').description('who may use the panel: claim, user, kiosk');
  panel.addHelpText('after', help);
  addStoreFlags(
    panel.command('claim').description('the code that makes the first administrator'),
    'one JSON object: code, null once there is an administrator',
  ).action(action('show the claim code', claim, labelLanguage));
  addUser(panel);
  addStoreFlags(
    panel.command('kiosk <name>').description('a link for a screen that reads and acknowledges'),
    'one JSON object: name, token, link',
  )
    .option('--remove', 'end it instead')
    .action(action('make a kiosk', kiosk, (_, flags) => labelLanguage(flags)));
}
