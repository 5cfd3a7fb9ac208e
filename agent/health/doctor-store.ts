/** The directory the store lives in: whether it can be written, how much room, how fast it syncs. */
import { constants } from 'node:fs';
import { access, open, rm, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import { type Account, mayUse } from './accounts.ts';
import { type Finding, fail, ok, percentile, warn } from './finding.ts';

const mib = 1024 * 1024;
const failBelowMiB = 100;
const warnBelowMiB = 2048;
const syncs = 20;
/** Commits are grouped every 250 ms; a sync that takes longer cannot keep up. */
const slowSyncMs = 250;

export interface StorePlace {
  readonly dir: string;
  /** False when it is only the default: an unwritable one is then no failure yet. */
  readonly configured: boolean;
  /** Whom the service runs as, where that is another than this process. */
  readonly owner?: Account | null;
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** The directory itself, or the nearest one above it that exists. */
async function nearestExisting(dir: string): Promise<string> {
  try {
    if ((await stat(dir)).isDirectory()) return dir;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
  }
  const parent = path.dirname(dir);
  return parent === dir ? dir : nearestExisting(parent);
}

/** Durations of `syncs` appends of one page, each followed by fdatasync, ascending, in ms. */
async function measureSyncs(dir: string): Promise<number[]> {
  const file = path.join(dir, `.ppuri-doctor-${process.pid}`);
  const page = Buffer.alloc(4096, 1);
  const timesMs: number[] = [];
  const handle = await open(file, 'wx', 0o600);
  try {
    for (let count = 0; count < syncs; count += 1) {
      await handle.write(page);
      const started = performance.now();
      await handle.datasync();
      timesMs.push(performance.now() - started);
    }
  } finally {
    await handle.close();
    await rm(file, { force: true });
  }
  return timesMs.sort((a, b) => a - b);
}

function unwritable({ dir, configured }: StorePlace, reason: string): Finding {
  return (configured ? fail : warn)(
    'store-dir',
    { ko: `${dir}에 쓸 수 없음 (${reason})`, en: `cannot write to ${dir} (${reason})` },
    {
      ko: `판정과 알림은 나오지만 기록이 남지 않습니다. sudo install -d -o $USER ${dir} 로 만들거나 store.path를 바꾸세요.`,
      en: `verdicts and alerts go on, but nothing is kept; sudo install -d -o $USER ${dir}, or change store.path`,
    },
    { dir, reason },
  );
}

function spaceFinding(dir: string, freeMiB: number): Finding {
  const text = { ko: `${dir} 여유 공간 ${freeMiB} MiB`, en: `${freeMiB} MiB free at ${dir}` };
  const hint = {
    ko: '오래된 파일을 지우거나 store.path를 더 큰 디스크로 옮기세요.',
    en: 'delete old files, or move store.path to a larger disk',
  };
  const data = { dir, freeMiB };
  if (freeMiB < failBelowMiB) return fail('disk-space', text, hint, data);
  return freeMiB < warnBelowMiB
    ? warn('disk-space', text, hint, data)
    : ok('disk-space', text, data);
}

function syncFinding(dir: string, ascendingMs: readonly number[]): Finding {
  const [p50Ms, maxMs] = [percentile(ascendingMs, 0.5), percentile(ascendingMs, 1)];
  const figures = `p50 ${p50Ms?.toFixed(1)} ms, max ${maxMs?.toFixed(1)} ms`;
  const text = {
    ko: `디스크 동기화(fdatasync) ${figures}`,
    en: `disk sync (fdatasync) ${figures}`,
  };
  const data = { dir, p50Ms, maxMs };
  if (maxMs !== null && maxMs <= slowSyncMs) return ok('disk-sync', text, data);
  return warn(
    'disk-sync',
    text,
    {
      ko: '저장 장치가 느립니다. SD 카드라면 산업용 카드나 SSD를 권합니다. 판정은 저장을 기다리지 않습니다.',
      en: 'storage is slow; in place of an SD card use an industrial one or an SSD. Verdicts never wait for it',
    },
    data,
  );
}

/** What the service may do there, by the mode alone; null: it may not, or that cannot be seen. */
async function asOwner(dir: string, owner: Account): Promise<Finding[] | null> {
  try {
    const existing = await nearestExisting(dir);
    if (!mayUse(owner, await stat(existing), 3)) return null;
    const { bavail, bsize } = await statfs(existing);
    const text = {
      ko: `${dir}: ${owner.name} 계정이 쓸 수 있음 (디스크 속도는 sudo로 측정)`,
      en: `${dir} can be written by ${owner.name} (with sudo the disk is measured too)`,
    };
    const data = { dir, owner: owner.name };
    return [ok('store-dir', text, data), spaceFinding(dir, Math.floor((bavail * bsize) / mib))];
  } catch {
    return null;
  }
}

/** Looks at the directory, or at where it would be made. Leaves nothing behind. */
export async function storeFindings(place: StorePlace): Promise<Finding[]> {
  const dir = path.resolve(place.dir);
  const { owner = null } = place;
  const shut = owner === null ? null : await serviceShut(dir, owner);
  if (shut !== null) return [unwritable({ ...place, dir }, shut)];
  try {
    const existing = await nearestExisting(dir);
    await access(existing, constants.W_OK | constants.X_OK);
    const text =
      existing === dir
        ? { ko: `${dir} 쓰기 가능`, en: `${dir} can be written` }
        : { ko: `${dir}는 시작할 때 만들어짐`, en: `${dir} will be made at the start` };
    const { bavail, bsize } = await statfs(existing);
    const freeMiB = Math.floor((bavail * bsize) / mib);
    const timesMs = await measureSyncs(existing);
    return [ok('store-dir', text, { dir }), spaceFinding(dir, freeMiB), syncFinding(dir, timesMs)];
  } catch (error) {
    const others = owner === null ? null : await asOwner(dir, owner);
    return others ?? [unwritable({ ...place, dir }, errorCode(error))];
  }
}

/** Why the service may not write to a directory that is there, though this user perhaps may. */
async function serviceShut(dir: string, owner: Account): Promise<string | null> {
  try {
    return mayUse(owner, await stat(dir), 3) ? null : `EACCES: ${owner.name}`;
  } catch {
    return null;
  }
}
