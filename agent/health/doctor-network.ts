/** Whether those are reached that records and alerts go to: connection and TLS, nothing is sent. */
import { readFileSync } from 'node:fs';
import { isIP, connect as plainConnect, type Socket } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { Text } from '../records.ts';
import { type Finding, ok, warn } from './finding.ts';

export interface Target {
  /** `sync-mqtt`, `webhook-office`. */
  readonly id: string;
  readonly url: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export type Reached =
  | { readonly kind: 'reached'; readonly ms: number; readonly validTo: Date | null }
  | {
      readonly kind: 'unreached';
      readonly why: 'name' | 'refused' | 'silent' | 'tls';
      readonly detail: string;
    };

const ports: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'http:': 80,
  'https:': 443,
};

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);

function open({ url, ca, cert, key }: Target): Socket | TLSSocket {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const place = { host, port: port === '' ? (ports[protocol] ?? 443) : Number(port) };
  if (protocol === 'mqtt:' || protocol === 'http:') return plainConnect(place);
  const read = (path: string | undefined, name: string) =>
    path === undefined ? {} : { [name]: readFileSync(path) };
  const files = { ...read(ca, 'ca'), ...read(cert, 'cert'), ...read(key, 'key') };
  return tlsConnect({ ...place, ...files, ...(isIP(host) === 0 ? { servername: host } : {}) });
}

function whyOf(error: Error, connected: boolean): Reached {
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return { kind: 'unreached', why: 'name', detail: code };
  if (code === 'ECONNREFUSED') return { kind: 'unreached', why: 'refused', detail: code };
  if (connected || /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_|UNABLE_|EPROTO)/.test(code))
    return { kind: 'unreached', why: 'tls', detail: error.message };
  return { kind: 'unreached', why: 'silent', detail: code };
}

/** Settles within `limitMs`. */
export function reach(target: Target, limitMs = 4000): Promise<Reached> {
  return new Promise((resolve) => {
    const startedMs = performance.now();
    let socket: Socket | TLSSocket;
    try {
      socket = open(target);
    } catch (thrown) {
      const detail = thrown instanceof Error ? thrown.message : String(thrown);
      return resolve({ kind: 'unreached', why: 'tls', detail });
    }
    let connected = false;
    const end = (reached: Reached): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reached);
    };
    const timer = setTimeout(
      () => end({ kind: 'unreached', why: 'silent', detail: `${limitMs} ms` }),
      limitMs,
    );
    const encrypted = 'getPeerCertificate' in socket;
    const done = (): void => {
      const valid =
        'getPeerCertificate' in socket ? socket.getPeerCertificate().valid_to : undefined;
      const validTo = valid === undefined ? null : new Date(valid);
      end({ kind: 'reached', ms: performance.now() - startedMs, validTo });
    };
    socket.on('connect', () => {
      connected = true;
      if (!encrypted) done();
    });
    socket.on('secureConnect', done);
    socket.on('error', (error) => end(whyOf(error, connected)));
  });
}

const hints: Readonly<Record<'name' | 'refused' | 'silent' | 'tls', Text>> = {
  name: {
    ko: '호스트 이름과 DNS 설정을 확인하거나 IP 주소를 쓰세요.',
    en: 'check the name and the DNS servers, or write the IP address',
  },
  refused: {
    ko: '서버 프로그램이 켜져 있는지, 포트 번호가 맞는지 확인하세요.',
    en: 'see that the server runs, and the port',
  },
  silent: {
    ko: '랜선, 게이트웨이, 방화벽을 확인하세요. 연결될 때까지 기록은 여기에 보관됩니다.',
    en: 'check cable, route and firewall; until then the records are kept here',
  },
  tls: {
    ko: 'ca·cert·key 파일, 서버 인증서의 이름과 유효 기간, 이 장비의 시계를 확인하세요.',
    en: 'check ca, cert and key, name and dates of the server’s certificate, and the clock here',
  },
};

const soonMs = 30 * 86_400_000;

export function targetFinding({ id, url }: Target, reached: Reached, nowMs: number): Finding {
  const { protocol, host } = new URL(url);
  const where = `${id} ${protocol}//${host}`;
  if (reached.kind === 'unreached') {
    const { why, detail } = reached;
    const what =
      why === 'tls'
        ? { ko: 'TLS 연결 안 됨', en: 'TLS fails' }
        : { ko: '연결 안 됨', en: 'not reached' };
    return warn(
      id,
      { ko: `${where} ${what.ko} (${detail})`, en: `${where} ${what.en} (${detail})` },
      hints[why],
      { why, detail },
    );
  }
  const { ms, validTo } = reached;
  const data = { ms, validTo: validTo?.toISOString() ?? null };
  const day = validTo?.toISOString().slice(0, 10);
  if (validTo !== null && validTo.getTime() - nowMs < soonMs)
    return warn(
      id,
      {
        ko: `${where} 서버 인증서가 ${day}에 만료됨`,
        en: `${where}: its certificate ends on ${day}`,
      },
      { ko: '서버 관리자에게 갱신을 요청하세요.', en: 'have whoever runs the server renew it' },
      data,
    );
  const took = `${ms.toFixed(0)} ms`;
  return ok(id, { ko: `${where} 연결됨 (${took})`, en: `${where} reached (${took})` }, data);
}

/** All at once: what is far away must not add up. */
export function targetFindings(targets: readonly Target[]): Promise<Finding[]> {
  return Promise.all(
    targets.map(async (target) => targetFinding(target, await reach(target), Date.now())),
  );
}
