/** The running agent with a stack light on a bus of its own. */
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CoilModule } from '../fixtures/coil-module.ts';
import { HeartbeatWatch } from '../fixtures/heartbeat-watch.ts';
import { type Started, start } from './program.ts';

const unit = 9;
const heartbeatMs = 1000;
const [red, yellow, green, heartbeat] = [10, 11, 12, 13];

function ended(started: Started): Started {
  onTestFinished(async () => {
    started.process.kill('SIGKILL');
    await started.finished;
  });
  return started;
}

async function plant() {
  const args = ['simulate', 'die-casting-cold-chamber', '--speed', '5', '--json'];
  const machine = ended(start(args));
  const { port } = JSON.parse(await machine.line(/"listening"/)).listening;
  const light = new CoilModule();
  await light.start();
  onTestFinished(() => light.stop());
  const dir = mkdtempSync(join(tmpdir(), 'ppuri-outputs-'));
  const file = join(dir, 'ppuri.yaml');
  writeFileSync(
    file,
    `gateway: { id: gw-1 }
buses:
  press: { type: modbus-tcp, host: 127.0.0.1, port: ${port}, timeoutMs: 300 }
  lamps: { type: modbus-tcp, host: 127.0.0.1, port: ${light.port}, timeoutMs: 300 }
machines:
  - { id: dc-03, profile: die-casting-cold-chamber, devices: { plc: { bus: press, unit: 1 } } }
outputs:
  light: { type: stack-light, bus: lamps, unit: ${unit}, coils: { red: ${red}, yellow: ${yellow}, green: ${green}, heartbeat: ${heartbeat} } }
store: { path: ${join(dir, 'store')} }
`,
  );
  const agent = () => ended(start(['run', '-c', file], dir));
  const lit = (...coils: number[]): boolean =>
    coils.some((coil) => light.on.has(`${unit} ${coil}`));
  const watch = (): HeartbeatWatch => {
    const plc = new HeartbeatWatch(light, unit, heartbeat, heartbeatMs);
    onTestFinished(() => plc.stop());
    return plc;
  };
  return { machine, light, agent, lit, watch };
}

test('a killed agent leaves its lamp on and its heartbeat still; an orderly end leaves all off', async () => {
  const { light, agent, lit, watch } = await plant();
  const first = agent();
  await light.until(() => lit(red, yellow, green));
  const plc = watch();
  await light.until(() => plc.turns >= 3);
  process.kill(-(first.process.pid ?? 0), 'SIGKILL');
  await plc.dark;
  expect(lit(red, yellow, green)).toBe(true);

  const second = agent();
  const again = watch();
  await light.until(() => again.turns >= 3 && lit(red, yellow, green));
  const exit = once(second.process, 'exit');
  second.process.kill('SIGTERM');
  await exit;
  expect(light.lit(unit)).toEqual([]);
});

test('a machine that does not answer is not green: yellow', async () => {
  const { machine, light, agent, lit } = await plant();
  agent();
  await light.until(() => lit(green));
  machine.process.kill('SIGKILL');
  await light.until(() => lit(yellow) && !lit(green));
});
