/** What goes over the wire of an agent that is configured to write nothing: reads, and nothing else. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { hasProgram } from '../fixtures/programs.ts';
import { PtyBridge } from '../fixtures/pty-bridge.ts';
import { RecordingRelay, tcpFunctions } from '../fixtures/recording-relay.ts';
import { RtuDevice } from '../fixtures/rtu-device.ts';
import { run, start } from './program.ts';

const reads = new Set([1, 2, 3, 4]);
const ends: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A machine on Modbus TCP behind a relay that keeps what the agent sends. */
async function capturedMachine(): Promise<{ relay: RecordingRelay; port: number }> {
  const simulator = start(['simulate', 'die-casting-cold-chamber', '--speed', '60', '--json']);
  ends.push(() => {
    simulator.process.kill('SIGTERM');
    return simulator.finished;
  });
  const { listening } = JSON.parse(await simulator.line(/"listening"/));
  const relay = new RecordingRelay(listening.port);
  const port = await relay.start();
  ends.push(() => relay.stop());
  return { relay, port };
}

async function rtuDevice(): Promise<RtuDevice> {
  const device = new RtuDevice();
  await device.start();
  ends.push(() => device.stop());
  return device;
}

test('an agent without outputs sends no write function code on any bus', async (context) => {
  context.skip(!hasProgram('socat'), 'needs socat; see test/prepare');
  const { relay, port } = await capturedMachine();
  const [behindConverter, onLine] = [await rtuDevice(), await rtuDevice()];
  const bridge = new PtyBridge(() => onLine.port);
  await bridge.plug();
  ends.push(() => bridge.unplug());
  const dir = await mkdtemp(join(tmpdir(), 'ppuri-read-only-'));
  const file = join(dir, 'ppuri.yaml');
  await writeFile(
    file,
    `gateway: { id: gw-1 }
buses:
  press: { type: modbus-tcp, host: 127.0.0.1, port: ${port} }
  converter: { type: modbus-rtu-tcp, host: 127.0.0.1, port: ${behindConverter.port} }
  line: { type: modbus-rtu, path: ${bridge.path}, baudRate: 115200 }
machines:
  - id: dc-03
    profile: die-casting-cold-chamber
    devices:
      plc: { bus: press, unit: 1 }
      near: { bus: line, unit: 7, profile: eastron-sdm630 }
      far: { bus: converter, unit: 7, profile: eastron-sdm630 }
    model: diecast-defect
store: { path: ${join(dir, 'store')} }
`,
  );
  const agent = start(['run', '-c', file], dir);
  const status = async () => JSON.parse((await run(['status', '-c', file, '--json'])).stdout).agent;
  const devices = [behindConverter, onLine];
  // Until shots were judged, defects among them, and the meters were read over and over.
  for (;;) {
    const counts = (await status())?.machines[0]?.counts;
    const judged = (counts?.ok ?? 0) + (counts?.defect ?? 0);
    if (judged >= 8 && devices.every(({ requests }) => requests.length > 20)) break;
  }
  agent.process.kill('SIGTERM');
  expect((await agent.finished).code).toBe(0);

  const onTcp = relay.captured().flatMap(tcpFunctions);
  expect(onTcp.length).toBeGreaterThan(100);
  expect(onTcp.filter((code) => !reads.has(code))).toEqual([]);
  for (const { requests } of devices) {
    expect(requests.filter(({ functionCode }) => !reads.has(functionCode))).toEqual([]);
  }
});
