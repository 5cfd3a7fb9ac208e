/** TCP ports the agent listens on and the serial ports of this computer. */
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { type Finding, ok, warn } from './finding.ts';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** Null when it could be listened on, else the system's error code. */
function tryListen({ host, port }: Listen): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** `running`: an agent of this configuration answers, and has the port itself. */
export async function panelPortFinding(listen: Listen, running = false): Promise<Finding> {
  const where = `${listen.host}:${listen.port}`;
  const reason = await tryListen(listen);
  const data = { ...listen, reason };
  if (reason === null)
    return ok('panel-port', { ko: `${where} 비어 있음`, en: `${where} is free` }, data);
  if (running && reason === 'EADDRINUSE')
    return ok(
      'panel-port',
      { ko: `${where} ppuri가 사용 중`, en: `${where} is served by ppuri` },
      data,
    );
  return warn(
    'panel-port',
    { ko: `${where} 사용할 수 없음 (${reason})`, en: `${where} cannot be used (${reason})` },
    {
      ko: `ppuri가 이미 실행 중이면 정상입니다. 아니면 ss -ltnp 'sport = :${listen.port}' 로 확인하세요.`,
      en: `normal if ppuri is already running; otherwise see ss -ltnp 'sport = :${listen.port}'`,
    },
    data,
  );
}

export interface SerialPortFact {
  readonly path: string;
  readonly writable: boolean;
}

/** USB adapters, and the UARTs of a Raspberry Pi; the sixteen unused ttyS of a PC are left out. */
const serialName = /^tty(?:USB|ACM|AMA|XRUSB)\d+$/;

async function canOpen(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return false;
    throw error;
  }
}

export async function readSerialPorts(dir = '/dev'): Promise<SerialPortFact[]> {
  const names = (await readdir(dir)).filter((name) => serialName.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({
      path: `${dir}/${name}`,
      writable: await canOpen(`${dir}/${name}`),
    })),
  );
}

export function serialPortsFinding(ports: readonly SerialPortFact[]): Finding {
  const data = { ports };
  if (ports.length === 0)
    return ok('serial-ports', { ko: '시리얼 포트 없음', en: 'no serial ports' }, data);
  const names = ports.map(({ path }) => path).join(', ');
  const locked = ports.filter(({ writable }) => !writable).map(({ path }) => path);
  if (locked.length === 0)
    return ok('serial-ports', { ko: `시리얼 포트 ${names}`, en: `serial ports ${names}` }, data);
  return warn(
    'serial-ports',
    {
      ko: `시리얼 포트 권한 없음: ${locked.join(', ')}`,
      en: `no permission for serial ports ${locked.join(', ')}`,
    },
    {
      ko: 'sudo usermod -aG dialout $USER 실행 후 다시 로그인하세요.',
      en: 'run sudo usermod -aG dialout $USER and log in again',
    },
    data,
  );
}
