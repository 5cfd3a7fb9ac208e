/** `ppuri receive`: a small receiving end for tests and trials. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { isLoopback } from '../../config/loopback.ts';
import { secretFlaw } from '../../config/secret.ts';
import { startHttpReceiver } from '../receive/http-receiver.ts';
import { startMqttReceiver } from '../receive/mqtt-receiver.ts';
import {
  openReceivedStore,
  type ReceivedReport,
  type ReceivedStore,
} from '../receive/received-store.ts';
import { interrupted } from './interrupt.ts';
import { action, type Output } from './output.ts';
import { type Column, plainText, tableLines } from './table.ts';
import type { Language } from './words.ts';

interface Listen {
  readonly host: string;
  readonly port: number;
}

interface ReceiveFlags {
  readonly dir: string;
  readonly listen?: Listen;
  readonly mqtt?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly passwordFile?: string;
  readonly tls?: 'none';
  readonly report?: boolean;
  readonly lang: Language;
  readonly json?: boolean;
}

const help = `
Keeps each record once by (gateway, boot, seq) in DIR/received.db before it acknowledges it, counts
repeats, and at the end, or with --report, tells per start of each gateway what is missing: numbers
below the highest that neither came nor are told by a gap record. They are lost or still on their way.
A record that says something else than the one kept under its key is a conflict: the first one stays in
force, the other is kept apart (table conflicts of received.db). One receiver per DIR.
For many gateways see config/receive/README.md; Sparkplug B wants a SCADA host.

--listen: batches over HTTP at any path (\`type: https\` of a gateway's \`sync\`), with --cert and --key
over TLS, with --ca only from clients with a certificate by it, with --token-file only with that bearer
token. In the clear only on loopback, unless --tls none.
--mqtt: messages of a broker (\`type: mqtt\`), in a session that outlives the connection; --username,
--password-file, --ca, --cert and --key are this client's.

--json prints {"listening":{"url"}} or {"listening":{"mqtt"}}, and at the end or with --report
{"records","repeats","conflicts","boots":[{"gateway","boot","records","last","absent","missing",
"conflicts"}]}; absent: numbers below the last that are not here, missing: those of them that no gap
covers. Exit code 1: something is missing in the report, or in conflict in the summary or the report.

Examples:
  ppuri receive --dir ./received --listen 127.0.0.1:8788
  ppuri receive --dir ./received --listen 0.0.0.0:8788 --cert s.pem --key s.key --token-file ./token
  ppuri receive --dir ./received --mqtt mqtts://broker:8883 --username hq --password-file ./word
  ppuri receive --dir ./received --report`;

function usage(message: string, subject: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: 'receive records', subject, hint });
}

function listenAt(text: string): Listen {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new InvalidArgumentError('give ADDRESS:PORT');
  return { host: match[1] ?? match[2] ?? '', port };
}

/** The text of a file named on the command line, without its last line end. */
function textOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    throw usage(`cannot read the file: ${code}`, path, 'check the path and who may read it');
  }
}

/** A bearer token, as a gateway can send it. */
function tokenOf(path: string | undefined): string | undefined {
  const token = textOf(path);
  const flaw = token === undefined ? null : secretFlaw(token, 'header');
  if (flaw !== null)
    throw usage(
      `the token ${flaw}`,
      path ?? '',
      'one line of plain ASCII, without a byte order mark',
    );
  return token;
}

/** A broker: no user or password in its address, where every message would show them. */
function brokerAt(text: string): URL {
  const url = /^mqtts?:\/\/[^/@?#]+\/?$/.test(text) ? URL.parse(text) : null;
  if (url === null)
    throw usage(
      'not the address of a broker',
      '--mqtt',
      'give mqtts://host:port; --username and --password-file name the user',
    );
  return url;
}

function checkFlags(flags: ReceiveFlags): void {
  const { listen, mqtt, report, cert, key, tls } = flags;
  const given = [listen, mqtt, report].filter((way) => way !== undefined).length;
  if (given !== 1)
    throw usage(
      'give one of --listen, --mqtt and --report',
      '--listen',
      'see the examples in --help',
    );
  if ((cert === undefined) !== (key === undefined))
    throw usage('--cert and --key go together', '--cert', 'give both, or neither');
  const broker = mqtt === undefined ? null : brokerAt(mqtt);
  const host = listen?.host ?? broker?.hostname ?? 'localhost';
  const encrypted = broker === null ? cert !== undefined : broker.protocol === 'mqtts:';
  if (!encrypted && !isLoopback(host) && tls !== 'none')
    throw usage(
      'records would cross the network in the clear',
      host,
      'give --cert and --key, or an mqtts:// broker, or say --tls none',
    );
}

async function start(
  flags: ReceiveFlags,
  store: ReceivedStore,
  output: Output,
): Promise<{ close(): Promise<void>; readonly at: Readonly<Record<string, string>> }> {
  const { listen, mqtt, lang } = flags;
  const [cert, key, ca] = [textOf(flags.cert), textOf(flags.key), textOf(flags.ca)];
  const onProblem = (problem: string): void =>
    output.note(plainText(lang === 'ko' ? `받지 못함: ${problem}` : `not taken: ${problem}`));
  if (listen !== undefined) {
    const token = tokenOf(flags.tokenFile);
    const tls = cert === undefined || key === undefined ? undefined : { cert, key };
    const receiver = await startHttpReceiver({
      ...listen,
      ...(tls === undefined ? {} : { tls: { ...tls, ...(ca === undefined ? {} : { ca }) } }),
      ...(token === undefined ? {} : { token }),
      keep: store.keep,
      onProblem,
    });
    const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
    const url = `${tls === undefined ? 'http' : 'https'}://${host}:${receiver.port}/`;
    return { close: () => receiver.close(), at: { url } };
  }
  const [url, password] = [mqtt ?? '', textOf(flags.passwordFile)];
  const place = createHash('sha256').update(resolve(flags.dir)).digest('hex').slice(0, 8);
  const receiver = await startMqttReceiver({
    url,
    clientId: `ppuri-receive-${hostname()}-${place}`,
    connect: {
      ...(flags.username === undefined ? {} : { username: flags.username }),
      ...(password === undefined ? {} : { password }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    keep: store.keep,
    onProblem,
  });
  return { close: () => receiver.close(), at: { mqtt: url } };
}

type BootRow = ReceivedReport['boots'][number];

function columns(lang: Language): Column<BootRow>[] {
  const ko = lang === 'ko';
  return [
    { title: ko ? '게이트웨이' : 'gateway', text: ({ gateway }) => plainText(gateway) },
    { title: ko ? '가동' : 'start', text: ({ boot }) => plainText(boot).slice(0, 8) },
    { title: ko ? '기록' : 'records', align: 'right', text: ({ records }) => String(records) },
    { title: ko ? '끝 번호' : 'last', align: 'right', text: ({ last }) => String(last) },
    { title: ko ? '빠진 번호' : 'missing', align: 'right', text: ({ missing }) => String(missing) },
    {
      title: ko ? '충돌' : 'conflicts',
      align: 'right',
      text: ({ conflicts }) => String(conflicts),
    },
  ];
}

function tell(output: Output, report: ReceivedReport, { json, lang }: ReceiveFlags): void {
  if (json === true) {
    output.json(report);
    return;
  }
  const { records, repeats, conflicts, boots } = report;
  const ko = lang === 'ko';
  output.line(
    ko
      ? `받은 기록 ${records}건, 중복 수신 ${repeats}건`
      : `${records} records received, ${repeats} repeats`,
  );
  if (conflicts > 0)
    output.line(
      ko
        ? `같은 번호에 내용이 다른 기록 ${conflicts}건: 먼저 받은 기록이 유효하며, 나머지는 따로 보관했습니다`
        : `${conflicts} records in conflict with one of the same key: the first one stays in force, the others are kept apart`,
    );
  if (boots.length > 0) for (const line of tableLines(columns(lang), boots)) output.line(line);
}

async function receive(output: Output, flags: ReceiveFlags, store: ReceivedStore): Promise<void> {
  const stop = interrupted();
  try {
    const { close, at } = await start(flags, store, output);
    const where = at.url ?? at.mqtt ?? '';
    if (flags.json === true) output.json({ listening: at });
    else
      output.line(
        flags.lang === 'ko'
          ? `기록을 받는 중: ${where} (Ctrl-C로 종료)`
          : `receiving at ${where}; Ctrl-C ends it`,
      );
    await Promise.race([stop.signal, output.closed]);
    await close();
  } finally {
    stop.dispose();
  }
}

async function run(output: Output, flags: ReceiveFlags): Promise<void> {
  checkFlags(flags);
  const dir = resolve(flags.dir);
  if (flags.report === true && !existsSync(join(dir, 'received.db')))
    throw usage('nothing was ever received there', dir, 'name the directory given to --dir before');
  try {
    mkdirSync(dir, { recursive: true });
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    throw usage(`cannot make the directory: ${code}`, dir, 'name one that this user may write');
  }
  const store = openReceivedStore(dir, flags.report === true ? 'report' : 'receive');
  try {
    if (flags.report !== true) await receive(output, flags, store);
    const report = store.report();
    tell(output, report, flags);
    // What is missing while one receives may still be under way; a conflict stays one.
    const isMissing = flags.report === true && report.boots.some(({ missing }) => missing > 0);
    if (isMissing || report.conflicts > 0) process.exitCode = 1;
  } finally {
    store.close();
  }
}

export function addReceive(program: Command): void {
  program
    .command('receive')
    .description('a small receiving end for trials: keeps records of gateways, each once')
    .requiredOption('--dir <dir>', 'where they are kept')
    .option('--listen <address:port>', 'take batches over HTTP; port 0: any', listenAt)
    .option('--mqtt <url>', 'take messages of this broker')
    .option('--report', 'only tell what was received')
    .option('--cert <pem>', 'certificate')
    .option('--key <pem>', 'its key')
    .option('--ca <pem>', 'authority that the other side’s certificate must be by')
    .option('--token-file <file>', 'bearer token that a gateway must have')
    .option('--username <name>', 'at the broker')
    .option('--password-file <file>', 'its password')
    .addOption(
      new Option('--tls <which>', 'none: in the clear, also beyond loopback').choices(['none']),
    )
    .addOption(new Option('--lang <language>', 'language').choices(['ko', 'en']).default('ko'))
    .option('--json', 'JSON lines, described below')
    .addHelpText('after', help)
    .action(action('receive records', run));
}
