/** Text instruments that answer late, damaged, split, glued or in another's name. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Random } from '../../agent/simulator/random.ts';
import { PpuriError } from '../../config/errors.ts';
import type { LineBus, LineRequest } from '../../drivers/driver.ts';
import { createBus } from '../../drivers/registry.ts';
import { checksumOf } from '../../drivers/serial-line/checksum.ts';
import { LineDevice, type LineScript } from '../fixtures/line-device.ts';
import { hasProgram } from '../fixtures/programs.ts';
import { PtyBridge } from '../fixtures/pty-bridge.ts';

const seed = 20_240_611;
const shortTimeoutMs = 40;
/** Where no reply is late: a busy machine is no lie. */
const longTimeoutMs = 1000;

const carriers = hasProgram('socat') ? (['tcp', 'pty'] as const) : (['tcp'] as const);
const leftOut = hasProgram('socat') ? '' : ' (pty left out: needs socat, see test/prepare)';

const withSum = (body: string): string => `\x02${body}${checksumOf('sum8', body)}\r\n`;
const hex = (value: number): string => value.toString(16).toUpperCase().padStart(4, '0');
const reply = (unit: number, value: number): string =>
  withSum(`${String(unit).padStart(2, '0')}DRS,OK,${hex(value)}`);

function request(unit = 1): LineRequest {
  const id = String(unit).padStart(2, '0');
  return {
    unit,
    send: withSum(`${id}DRS,01,0000`),
    framing: { end: { delimiter: '\r\n' }, checksum: 'sum8', checksumFrom: 1, bits: 8 },
    accept: `^\x02${id}DRS,OK,[0-9A-F]{4}$`,
    priority: 'shot',
  };
}

const wordOf = (text: string): number => Number.parseInt(text.slice(-4), 16);

describe.each(carriers)(`a controller that lies, over %s${leftOut}`, (carrier) => {
  const open: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });

  async function rig(
    script: LineScript,
    timeoutMs = shortTimeoutMs,
  ): Promise<{ bus: LineBus; device: LineDevice }> {
    const device = new LineDevice(script);
    await device.start();
    const bridge = carrier === 'pty' ? new PtyBridge(() => device.port) : null;
    await bridge?.plug();
    const line = { baudRate: 115_200, parity: 'none', dataBits: 8, stopBits: 1 } as const;
    const bus =
      bridge === null
        ? createBus('oven', {
            type: 'serial-line-tcp',
            host: '127.0.0.1',
            port: device.port,
            timeoutMs,
          })
        : createBus('oven', { type: 'serial-line', path: bridge.path, ...line, timeoutMs });
    open.push(async () => {
      await bus.close();
      await bridge?.unplug();
      await device.stop();
    });
    return { bus, device };
  }

  /** Asks until the unit is asked indeed; its error, or its value. */
  async function ask(bus: LineBus, unit = 1): Promise<number | PpuriError> {
    for (;;) {
      try {
        return wordOf((await bus.ask(request(unit))).text);
      } catch (error) {
        if (!(error instanceof PpuriError)) throw error;
        if (error.code !== 'bus-unavailable') return error;
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    }
  }

  test('a late reply is never taken for the next one', async () => {
    const random = new Random(seed);
    let asked = 0;
    const { bus } = await rig((_, send) => {
      asked += 1;
      const text = reply(1, asked);
      if (random.chance(0.15)) setTimeout(send, random.between(0.8, 2.8) * shortTimeoutMs, text);
      else send(text);
    });
    let late = 0;
    for (let i = 0; i < 120; i++) {
      const value = await ask(bus);
      if (value instanceof PpuriError) late += 1;
      else expect(value, `seed ${seed}, request ${i}`).toBe(asked);
    }
    expect(late).toBeGreaterThan(3);
  });

  test('split, glued, among garbage, in another’s name: only its own whole reply counts', async () => {
    const random = new Random(seed);
    const { bus } = await rig((text, send) => {
      const unit = Number(text.slice(1, 3));
      const right = reply(unit, 100 + unit);
      const other = reply(unit === 1 ? 2 : 1, 999);
      const kind = random.whole(0, 4);
      if (kind === 0) for (const char of right) send(char);
      else if (kind === 1) send(other + right);
      else if (kind === 2) send(`\x00#~\r\n\r\n${right}`);
      else if (kind === 3) send(`${reply(unit, 555).slice(0, 9)}\r\n${right}`);
      else send(`${text}\r\n${right}`);
    }, longTimeoutMs);
    for (let i = 0; i < 60; i++) {
      const unit = random.whole(1, 3);
      expect(await ask(bus, unit), `seed ${seed}, request ${i}`).toBe(100 + unit);
    }
  });

  test('a damaged reply is an error that says so, and the unit is not quarantined for it', async () => {
    let damage = true;
    const { bus } = await rig((_, send) => {
      send(damage ? reply(1, 0x00fa).replace('00FA', '00FB') : reply(1, 0x00fa));
    });
    const error = await ask(bus);
    expect(error).toMatchObject({ code: 'line-malformed' });
    expect(bus.stats().units[0]).toMatchObject({ malformed: 1, checksumErrors: 1, timeouts: 0 });
    damage = false;
    expect(wordOf((await bus.ask(request())).text)).toBe(0x00fa);
  });

  test('an endless reply ends at the time-out, and a refusal is told', async () => {
    let talk: NodeJS.Timeout | undefined;
    const { bus } = await rig((_, send) => {
      if (talk === undefined) {
        talk = setInterval(() => send('x'.repeat(500)), 1);
        setTimeout(() => clearInterval(talk), 60);
      } else send(withSum('01NG02'));
    });
    expect(await ask(bus)).toMatchObject({ code: 'bus-timeout' });
    const refused = await ask(bus);
    expect(refused).toMatchObject({ code: 'bus-timeout' });
    expect((refused as PpuriError).message).toContain('NG02');
  });

  test('a line that is never quiet fails its requests in bounded time, and works when it is', async () => {
    let deaf = false;
    const { bus, device } = await rig((_, send) => {
      if (!deaf) send(reply(1, 7));
    });
    expect(await ask(bus)).toBe(7);
    deaf = true;
    const noise = setInterval(() => device.say('~'), 5);
    while (bus.stats().strayBytes === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const error = await bus.ask(request()).catch((thrown: unknown) => thrown);
    clearInterval(noise);
    // On a busy machine the noise itself may pause for long enough to ask.
    expect(['bus-unavailable', 'bus-timeout']).toContain((error as PpuriError).code);
    deaf = false;
    // Noise that was still under way may cost the first tries.
    await vi.waitFor(async () => expect(await ask(bus)).toBe(7), { timeout: 10_000 });
  });
});
