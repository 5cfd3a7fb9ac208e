/** ppuri as a systemd service: installed, begun at boot, fed, first in line, as a user of its own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Account, findAccount, mayUse } from './accounts.ts';
import { type Finding, fail, ok, readIfPresent, warn } from './finding.ts';

const unit = 'ppuri.service';
const unitDirs = [
  'etc/systemd/system',
  'run/systemd/system',
  'usr/lib/systemd/system',
  'lib/systemd/system',
];

export interface ServiceFacts {
  /** Null: not installed as a service. */
  readonly file: string | null;
  readonly enabled: boolean;
  /** `active`, `failed`, `inactive` …; null: this system was not started by systemd. */
  readonly state: string | null;
  /** Of the unit and its drop-ins; the last one stands, groups add up. */
  readonly settings: ReadonlyMap<string, string>;
  /** Null: there is none of that name. */
  readonly account: Account | null;
}

async function names(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch {
    return [];
  }
}

/** Settings of unit files, later ones over earlier ones; an empty list begins a list anew. */
export function unitSettings(texts: readonly string[]): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of texts.join('\n').split('\n')) {
    const [, key, value = ''] = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === undefined) continue;
    const before = settings.get(key);
    const adds = key === 'SupplementaryGroups' && before !== undefined && value !== '';
    settings.set(key, adds ? `${before} ${value}` : value);
  }
  return settings;
}

async function readUnit(root: string): Promise<Pick<ServiceFacts, 'file' | 'settings'>> {
  const dirs = unitDirs.map((dir) => path.join(root, dir));
  const file = dirs.map((dir) => path.join(dir, unit)).find((one) => existsSync(one));
  if (file === undefined) return { file: null, settings: new Map() };
  const parts = [file];
  for (const dir of dirs.toReversed().map((one) => path.join(one, `${unit}.d`)))
    for (const name of await names(dir))
      if (name.endsWith('.conf')) parts.push(path.join(dir, name));
  const texts = await Promise.all(parts.map((one) => readIfPresent(() => readFile(one, 'utf8'))));
  return { file, settings: unitSettings(texts.map((text) => text ?? '')) };
}

async function isEnabled(root: string): Promise<boolean> {
  const dir = path.join(root, 'etc/systemd/system');
  const wants = (await names(dir)).filter((name) => name.endsWith('.wants'));
  const linked = await Promise.all(wants.map((name) => names(path.join(dir, name))));
  return linked.some((links) => links.includes(unit));
}

function stateNow(root: string): Promise<string | null> {
  if (root !== '/' || !existsSync('/run/systemd/system')) return Promise.resolve(null);
  return new Promise((resolve) => {
    execFile('systemctl', ['is-active', unit], { timeout: 3000 }, (_, stdout) =>
      resolve(stdout.trim() === '' ? null : stdout.trim()),
    );
  });
}

export async function readService(root = '/'): Promise<ServiceFacts> {
  const { file, settings } = await readUnit(root);
  const user = settings.get('User');
  const groups = (settings.get('SupplementaryGroups') ?? '').split(/\s+/);
  return {
    file,
    settings,
    enabled: await isEnabled(root),
    state: file === null ? null : await stateNow(root),
    account: user === undefined ? null : await findAccount(user, groups, root),
  };
}

const start = { ko: 'sudo systemctl enable --now ppuri', en: 'sudo systemctl enable --now ppuri' };

function stateFinding({ file, enabled, state }: ServiceFacts): Finding {
  const data = { file, enabled, state };
  if (state === 'failed')
    return fail(
      'service',
      { ko: '서비스가 실패한 상태로 멈춰 있음', en: 'the service has failed' },
      {
        ko: 'journalctl -u ppuri -n 50 으로 원인을 보고, 고친 뒤 sudo systemctl restart ppuri',
        en: 'journalctl -u ppuri -n 50 says why; then sudo systemctl restart ppuri',
      },
      data,
    );
  if (!enabled)
    return warn(
      'service',
      { ko: '서비스가 부팅할 때 시작되지 않음', en: 'the service does not start at boot' },
      start,
      data,
    );
  if (state !== null && state !== 'active' && state !== 'activating')
    return warn(
      'service',
      { ko: `서비스가 꺼져 있음 (${state})`, en: `the service is not running (${state})` },
      { ko: 'sudo systemctl start ppuri', en: 'sudo systemctl start ppuri' },
      data,
    );
  const now =
    state === null ? { ko: '부팅할 때 시작', en: 'starts at boot' } : { ko: '실행 중', en: 'runs' };
  return ok('service', { ko: `서비스: ${now.ko}`, en: `the service ${now.en}` }, data);
}

function watchdogFinding({ settings }: ServiceFacts): Finding {
  const watchdog = settings.get('WatchdogSec') ?? '';
  const data = { watchdog, type: settings.get('Type') ?? null };
  if (/[1-9]/.test(watchdog) && settings.get('Type')?.startsWith('notify') === true)
    return ok(
      'watchdog',
      { ko: `감시 타이머 ${watchdog}초`, en: `watchdog of ${watchdog} s` },
      data,
    );
  return warn(
    'watchdog',
    { ko: '감시 타이머가 없음', en: 'no watchdog' },
    {
      ko: '에이전트가 멈춰도 다시 시작되지 않습니다. 서비스 파일에 Type=notify, WatchdogSec=15를 두세요.',
      en: 'an agent that hangs is not restarted: Type=notify and WatchdogSec=15 in the unit',
    },
    data,
  );
}

/** systemd makes the user of `DynamicUser=` itself. */
function userFinding({ settings, account }: ServiceFacts): Finding {
  const user = settings.get('User') ?? null;
  const data = { user, groups: account?.groups ?? [] };
  const made = /^(?:yes|true|1|on)$/.test(settings.get('DynamicUser') ?? '');
  if (user === null && !made)
    return warn(
      'service-user',
      { ko: '서비스가 root로 실행됨', en: 'the service runs as root' },
      { ko: '서비스 파일에 User=ppuri를 두세요.', en: 'put User=ppuri into the unit' },
      data,
    );
  if (account !== null || made)
    return ok(
      'service-user',
      { ko: `서비스 계정 ${user ?? '(자동)'}`, en: `runs as ${user ?? 'a user of its own'}` },
      data,
    );
  return fail(
    'service-user',
    { ko: `서비스 계정 ${user}이(가) 없음`, en: `there is no user ${user} for the service` },
    {
      ko: `서비스가 시작되지 못합니다: sudo useradd --system --groups dialout ${user}`,
      en: `the service cannot start: sudo useradd --system --groups dialout ${user}`,
    },
    data,
  );
}

function dialoutFinding(account: Account): Finding {
  const { name, groups } = account;
  if (groups.includes('dialout') || account.uid === 0)
    return ok('serial-group', {
      ko: `${name}: 시리얼 포트 사용 가능(dialout)`,
      en: `${name} may use serial ports (dialout)`,
    });
  return fail(
    'serial-group',
    { ko: `${name} 계정이 시리얼 포트를 열 수 없음`, en: `${name} may not open serial ports` },
    {
      ko: `sudo usermod -aG dialout ${name} 후 sudo systemctl restart ppuri`,
      en: `sudo usermod -aG dialout ${name}, then sudo systemctl restart ppuri`,
    },
    { groups },
  );
}

async function configFinding(account: Account, file: string): Promise<Finding> {
  const text = {
    ko: `${account.name} 계정이 ${file}을 읽을 수 있음`,
    en: `${account.name} may read ${file}`,
  };
  const dirs: string[] = [];
  for (let dir = path.dirname(path.resolve(file)); dir !== '/'; dir = path.dirname(dir))
    dirs.push(dir);
  const shut = await Promise.all(
    [file, ...dirs].map(async (one, i) =>
      mayUse(account, await stat(one), i === 0 ? 4 : 1) ? null : one,
    ),
  );
  const first = shut.find((one) => one !== null);
  if (first === undefined) return ok('config-rights', text);
  return fail(
    'config-rights',
    {
      ko: `${account.name} 계정이 ${first}을 읽을 수 없음`,
      en: `${account.name} may not read ${first}`,
    },
    {
      ko: `sudo chgrp ${account.name} ${first} && sudo chmod g+rX ${first}`,
      en: `sudo chgrp ${account.name} ${first} && sudo chmod g+rX ${first}`,
    },
    { path: first },
  );
}

/** Whether the service runs with this configuration: another one is nothing that it needs to read. */
export function runsWith({ settings }: ServiceFacts, file: string): boolean {
  return (settings.get('ExecStart') ?? '').split(/\s+/).includes(path.resolve(file));
}

export interface ServiceUse {
  /** That of the service, where it is the one looked at and can be read. */
  readonly configFile: string | null;
  readonly usesSerial: boolean;
  /** Where the package puts its configuration. */
  readonly standardConfig: string;
}

/** The one finding where ppuri is not a service. */
function absent({ standardConfig }: ServiceUse): Finding {
  if (!existsSync(standardConfig))
    return ok('service', {
      ko: '서비스로 설치되지 않음(직접 실행)',
      en: 'not a service: started by hand',
    });
  return warn(
    'service',
    {
      ko: `${standardConfig}이 있으나 서비스가 설치되지 않음`,
      en: `${standardConfig} is there, but no service`,
    },
    {
      ko: '재부팅하면 시작되지 않습니다. config/install/ppuri.service를 설치하세요.',
      en: 'nothing starts at boot; install config/install/ppuri.service',
    },
  );
}

export async function serviceFindings(facts: ServiceFacts, use: ServiceUse): Promise<Finding[]> {
  if (facts.file === null) return [absent(use)];
  const findings = [stateFinding(facts), userFinding(facts), watchdogFinding(facts)];
  const { account } = facts;
  if (account === null) return findings;
  if (use.usesSerial) findings.push(dialoutFinding(account));
  if (use.configFile !== null) findings.push(await configFinding(account, use.configFile));
  return findings;
}

/** `own`: whether this very process may go before others. */
export function priorityFinding({ file, settings }: ServiceFacts, own: boolean): Finding {
  const least = Math.min(...['Nice', 'LimitNICE'].map((key) => Number(settings.get(key) ?? 0)));
  const allowed = file === null ? own : least <= -10;
  const data = { nice: file === null ? null : least, own };
  if (allowed)
    return ok(
      'priority',
      {
        ko: '판정을 다른 프로그램보다 먼저 처리(nice -10)',
        en: 'verdicts may go first (nice -10)',
      },
      data,
    );
  return warn(
    'priority',
    {
      ko: '판정을 다른 프로그램보다 먼저 처리할 권한이 없음',
      en: 'verdicts may not go before other programs',
    },
    {
      ko: '서비스 파일에 Nice=-10과 LimitNICE=-10을 두세요. 없어도 동작하지만 바쁠 때 늦어질 수 있습니다.',
      en: 'put Nice=-10 and LimitNICE=-10 into the unit; without them verdicts may be late on a busy gateway',
    },
    data,
  );
}
