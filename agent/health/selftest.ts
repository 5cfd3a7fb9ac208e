/**
 * The role that loads one native addon and puts it to work, in a process of its own: an addon that
 * does not suit this machine ends the process by a signal, which is then a finding of the doctor.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const addons = ['onnxruntime-node', 'better-sqlite3', 'serialport'] as const;
export type Addon = (typeof addons)[number];

/** What the child reports; figures in ms where the name says so. */
export type SelftestReport =
  | { readonly ok: true; readonly detail: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly error: string };

/** y = Sigmoid(MatMul(a[1,4], b[4,1])), float32, opset 13, IR 8. */
const tinyModel =
  'CAg6bQoRCgFhCgFiEgFwIgZNYXRNdWwKDwoBcBIBeSIHU2lnbW9pZBIIc2VsZnRlc3RaEwoBYRIOCgwIARIICgIIAQoCCARaEwoBYhIOCgwIARIICgIIBAoCCAFiEwoBeRIOCgwIARIICgIIAQoCCAFCAhAN';
const runs = 200;

function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

async function inference(): Promise<Record<string, unknown>> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(Buffer.from(tinyModel, 'base64'), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const a = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [1, 4]);
  const b = new Tensor('float32', Float32Array.of(4, -3, 2, -1), [4, 1]);
  const timesMs: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const started = performance.now();
    const { y } = await session.run({ a, b });
    timesMs.push(performance.now() - started);
    const value = Number(y?.data[0]);
    if (!(Math.abs(value - 0.5) < 1e-6))
      throw new Error(`the test model answered ${value} in place of 0.5`);
  }
  await session.release();
  timesMs.sort((x, y) => x - y);
  return { runs, p50Ms: percentile(timesMs, 0.5), p99Ms: percentile(timesMs, 0.99) };
}

async function store(): Promise<Record<string, unknown>> {
  const { default: Database } = await import('better-sqlite3');
  const dir = mkdtempSync(path.join(tmpdir(), 'ppuri-selftest-'));
  try {
    const database = new Database(path.join(dir, 'selftest.db'));
    database.pragma('journal_mode = WAL');
    database.exec('CREATE TABLE shot (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
    database.prepare('INSERT INTO shot VALUES (?, ?)').run(1, '뿌리');
    const row = database.prepare('SELECT body, sqlite_version() AS version FROM shot').get();
    database.close();
    const { body, version } = Object(row);
    if (body !== '뿌리') throw new Error(`the row read back as ${JSON.stringify(row)}`);
    return { sqlite: version };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const noPort = '/dev/ppuri-no-such-port';

/** The addon is put to work by a port that is not there. Throws where it does not say so. */
async function openNoPort(open: (port: { path: string; baudRate: number }) => Promise<unknown>) {
  try {
    await open({ path: noPort, baudRate: 9600 });
  } catch (error) {
    if (error instanceof Error && error.message.includes(noPort)) return;
    throw error;
  }
  throw new Error(`it opened ${noPort}, which is not there`);
}

/** Listing asks udevadm, which containers lack; that is reported and no failure of the addon. */
async function serial(): Promise<Record<string, unknown>> {
  const { SerialPort } = await import('serialport');
  await openNoPort((port) => SerialPort.binding.open(port));
  try {
    const ports = await SerialPort.list();
    return { ports: ports.map((port) => port.path) };
  } catch (error) {
    return { ports: null, listError: error instanceof Error ? error.message : String(error) };
  }
}

const tests: Record<Addon, () => Promise<Record<string, unknown>>> = {
  'onnxruntime-node': inference,
  'better-sqlite3': store,
  serialport: serial,
};

async function report(name: string | undefined): Promise<SelftestReport> {
  const addon = addons.find((known) => known === name);
  if (addon === undefined) return { ok: false, error: `no such addon: ${name}` };
  try {
    return { ok: true, detail: await tests[addon]() };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Runs the test named by the first argument, sends one SelftestReport, and ends. */
export async function runSelftestChild(): Promise<void> {
  const result = await report(process.argv[2]);
  if (process.send === undefined) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  process.send(result, () => process.disconnect?.());
}
