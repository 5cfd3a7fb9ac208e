/** Files an installation rests on: certificates and when they end, trusted keys, limits of the log. */
import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, statfs } from 'node:fs/promises';
import path from 'node:path';
import { readNamed } from '../../config/tls-files.ts';
import type { Anchors } from '../../models/trust.ts';
import { type Finding, fail, ok, readIfPresent, warn } from './finding.ts';

export interface NamedCertificate {
  /** `panel`, `sync-mqtt`. */
  readonly of: string;
  readonly path: string;
}

const dayMs = 86_400_000;
const soonDays = 30;

/** The first one of the file to end. */
export function certificateFinding({ of, path: file }: NamedCertificate, nowMs: number): Finding {
  const id = `certificate-${of}`;
  const renew = {
    ko: '새 인증서로 바꾸세요. 파일은 다음 연결 때 다시 읽습니다.',
    en: 'renew it; the file is read again at the next connection',
  };
  const found = readNamed(file);
  if (found === null)
    return warn(
      id,
      { ko: `${file}: 이 사용자는 볼 수 없음`, en: `${file}: not for this user to see` },
      { ko: 'sudo로 다시 점검하세요.', en: 'run the doctor with sudo' },
    );
  const ends = 'text' in found ? endOf(found.text) : null;
  if (ends === null)
    return fail(
      id,
      { ko: `${file}: 인증서를 읽을 수 없음`, en: `${file}: no certificate can be read` },
      renew,
    );
  const day = ends.toISOString().slice(0, 10);
  const days = Math.floor((ends.getTime() - nowMs) / dayMs);
  const data = { path: file, validTo: ends.toISOString(), days };
  const text = {
    ko: `${of} 인증서 ${day}까지 (${days}일 남음)`,
    en: `${of}: certificate ends on ${day}, in ${days} days`,
  };
  if (days < 0)
    return fail(
      id,
      { ko: `${of} 인증서가 ${day}에 만료됨`, en: `${of}: certificate ended on ${day}` },
      renew,
      data,
    );
  return days < soonDays ? warn(id, text, renew, data) : ok(id, text, data);
}

function endOf(text: string): Date | null {
  try {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    const ends = blocks.map((block) => new X509Certificate(block).validToDate.getTime());
    return ends.length === 0 ? null : new Date(Math.min(...ends));
  } catch {
    return null;
  }
}

/** `anchors` null: the directory cannot be read, and no model can be taken. */
export function trustFinding(dir: string, anchors: Anchors | null): Finding {
  if (anchors === null)
    return fail(
      'trust',
      { ko: `${dir}: 서명 키 폴더를 읽을 수 없음`, en: `${dir}: trusted keys cannot be read` },
      { ko: `sudo chmod a+rX ${dir}`, en: `sudo chmod a+rX ${dir}` },
    );
  const count = anchors.keys.size;
  const data = {
    keys: [...anchors.keys.values()].map(({ name }) => name),
    damaged: anchors.damaged,
  };
  if (anchors.damaged.length > 0) {
    const bad = anchors.damaged.join(', ');
    return warn(
      'trust',
      { ko: `${dir}: 키가 아닌 파일 ${bad}`, en: `${dir}: no keys: ${bad}` },
      {
        ko: '키로 세므로 서명 없는 모델이 거부됩니다. 바른 .pub 파일로 바꾸거나 지우세요.',
        en: 'they count as keys, so unsigned models are refused; replace or remove them',
      },
      data,
    );
  }
  return ok(
    'trust',
    count === 0
      ? {
          ko: '등록된 서명 키 없음: 서명 없는 모델도 받음',
          en: 'no trusted keys: unsigned models are taken',
        }
      : { ko: `등록된 서명 키 ${count}개`, en: `${count} trusted key${count === 1 ? '' : 's'}` },
    data,
  );
}

async function names(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).filter((name) => name.endsWith('.conf')).sort();
  } catch {
    return [];
  }
}

/** The last `SystemMaxUse` of journald's files, or null. */
async function journalLimit(root: string): Promise<string | null> {
  const base = path.join(root, 'etc/systemd');
  const dropIns = [
    'usr/lib/systemd/journald.conf.d',
    'run/systemd/journald.conf.d',
    'etc/systemd/journald.conf.d',
  ];
  const files = [path.join(base, 'journald.conf')];
  for (const dir of dropIns.map((one) => path.join(root, one)))
    for (const name of await names(dir)) files.push(path.join(dir, name));
  const texts = await Promise.all(files.map((file) => readIfPresent(() => readFile(file, 'utf8'))));
  const all = (texts.join('\n').match(/^\s*SystemMaxUse\s*=\s*\S+/gm) ?? []).at(-1);
  return all?.split('=')[1]?.trim() ?? null;
}

const gib = 1024 ** 3;

/** Without a limit the journal takes a tenth of its disk, 4 GiB at most. */
export async function journalFindings(root = '/'): Promise<Finding[]> {
  const dir = path.join(root, 'var/log/journal');
  if (!existsSync(path.join(root, 'etc/systemd')) || !existsSync(dir)) return [];
  const limit = await journalLimit(root);
  if (limit !== null)
    return [
      ok(
        'journal',
        { ko: `로그 최대 ${limit}`, en: `the journal takes at most ${limit}` },
        { limit },
      ),
    ];
  const { blocks, bavail, bsize } = await statfs(dir);
  const most = Math.min((blocks * bsize) / 10, 4 * gib);
  const data = { limit, mostMiB: Math.round(most / 1024 ** 2) };
  const size = `${data.mostMiB} MiB`;
  const text = {
    ko: `로그 한도 미설정, 최대 ${size}`,
    en: `no limit of the journal is set: up to ${size}`,
  };
  if (most < (bavail * bsize) / 2) return [ok('journal', text, data)];
  return [
    warn(
      'journal',
      text,
      {
        ko: '기록할 공간이 부족해질 수 있습니다. /etc/systemd/journald.conf.d/60-ppuri.conf 에 [Journal] SystemMaxUse=200M',
        en: 'it may take the room of the records: [Journal] SystemMaxUse=200M in /etc/systemd/journald.conf.d/60-ppuri.conf',
      },
      data,
    ),
  ];
}
