/** Serial adapters: names that stay, adapters that answer at once, ports that a configuration names. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Finding, fail, ok, readIfPresent, warn } from './finding.ts';

/** A bus of the configuration on a serial port of this computer. */
export interface SerialUse {
  readonly bus: string;
  readonly path: string;
}

async function names(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort();
  } catch {
    return [];
  }
}

async function lasting(root: string, device: string): Promise<string | null> {
  const dir = path.join(root, 'dev/serial/by-id');
  for (const name of await names(dir)) {
    const target = await readIfPresent(() => realpath(path.join(dir, name)));
    if (target === path.join(root, device)) return `/dev/serial/by-id/${name}`;
  }
  return null;
}

async function portFinding({ bus, path: device }: SerialUse, root: string): Promise<Finding> {
  const id = `serial-${bus}`;
  const there = await stat(path.join(root, device)).then(
    () => true,
    () => false,
  );
  if (!there)
    return fail(
      id,
      { ko: `${bus}: 시리얼 포트 ${device}가 없음`, en: `${bus}: there is no port ${device}` },
      {
        ko: '어댑터가 꽂혀 있는지 보고 ls -l /dev/serial/by-id 의 이름을 path에 쓰세요.',
        en: 'see that the adapter is plugged in; ls -l /dev/serial/by-id shows the names for path',
      },
      { path: device },
    );
  const other = /\/tty(?:USB|ACM)\d+$/.test(device) ? await lasting(root, device) : null;
  if (other === null)
    return ok(id, { ko: `${bus}: ${device}`, en: `${bus}: ${device}` }, { path: device });
  return warn(
    id,
    {
      ko: `${bus}: ${device}는 꽂는 순서에 따라 바뀜`,
      en: `${bus}: ${device} may be another adapter tomorrow`,
    },
    { ko: `path: ${other} 로 바꾸세요.`, en: `write path: ${other}` },
    { path: device, lasting: other },
  );
}

/** FTDI adapters wait this long, in ms, before they pass on a short reply. */
async function latencies(root: string): Promise<{ readonly name: string; readonly ms: number }[]> {
  const dir = path.join(root, 'sys/bus/usb-serial/devices');
  const all = await Promise.all(
    (await names(dir)).map(async (name) => {
      const text = await readIfPresent(() =>
        readFile(path.join(dir, name, 'latency_timer'), 'utf8'),
      );
      return text === null ? [] : [{ name, ms: Number(text) }];
    }),
  );
  return all.flat();
}

async function hasRule(root: string): Promise<boolean> {
  const dirs = ['etc/udev/rules.d', 'usr/lib/udev/rules.d', 'lib/udev/rules.d'];
  const files = await Promise.all(dirs.map((dir) => names(path.join(root, dir))));
  return files.flat().some((name) => /ppuri.*\.rules$/.test(name));
}

async function latencyFindings(root: string): Promise<Finding[]> {
  const found = await latencies(root);
  if (found.length === 0) return [];
  const slow = found.filter(({ ms }) => ms > 1);
  const rule = await hasRule(root);
  const data = { adapters: found, rule };
  if (slow.length === 0)
    return [
      ok(
        'adapter-latency',
        { ko: 'FTDI 어댑터 지연 1 ms', en: 'FTDI adapters pass replies on after 1 ms' },
        data,
      ),
    ];
  const list = slow.map(({ name, ms }) => `${name} ${ms} ms`).join(', ');
  const again = { ko: '어댑터를 뽑았다 꽂으세요', en: 'unplug the adapter and plug it in again' };
  const install = {
    ko: 'udev 규칙(60-ppuri-serial.rules)을 설치하거나: echo 1 | sudo tee /sys/bus/usb-serial/devices/*/latency_timer',
    en: 'install the udev rule (60-ppuri-serial.rules), or: echo 1 | sudo tee /sys/bus/usb-serial/devices/*/latency_timer',
  };
  return [
    warn(
      'adapter-latency',
      { ko: `어댑터가 응답을 늦게 넘김: ${list}`, en: `adapters hold replies back: ${list}` },
      rule ? again : install,
      data,
    ),
  ];
}

export async function serialFindings(uses: readonly SerialUse[], root = '/'): Promise<Finding[]> {
  const ports = await Promise.all(uses.map((use) => portFinding(use, root)));
  return [...ports, ...(await latencyFindings(root))];
}
