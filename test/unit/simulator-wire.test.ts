import { describe, expect, it } from 'vitest';
import { rtuFrame } from '../../agent/simulator/framing.ts';
import { Random } from '../../agent/simulator/random.ts';
import { RtuRequests } from '../../agent/simulator/rtu-request.ts';
import { characterMs, frameSilenceMs, WireLine } from '../../agent/simulator/wire-timing.ts';

const seed = 3;

describe('a line', () => {
  it('has characters of 10, 11 or 12 bits and silences of 3.5 of them, 1.75 ms at least', () => {
    expect(characterMs(9600)).toBeCloseTo(1.0417, 3);
    expect(characterMs(19_200, 'even')).toBeCloseTo(11 / 19.2, 3);
    expect(characterMs(1200, 'odd', 2)).toBe(10);
    expect(frameSilenceMs(characterMs(9600))).toBeCloseTo(3.646, 2);
    expect(frameSilenceMs(characterMs(115_200))).toBe(1.75);
  });

  it.each([9600, 19_200, 115_200])('at %i baud delivers no byte before its time', async (baud) => {
    const byteMs = characterMs(baud);
    const got: { readonly byte: number; readonly atMs: number }[] = [];
    const done = Promise.withResolvers<void>();
    const sizes = [40, 1, 9];
    const line = new WireLine(byteMs, (bytes) => {
      const atMs = performance.now();
      for (const byte of bytes) got.push({ byte, atMs });
      if (got.length === 50) done.resolve();
    });
    const startMs = performance.now();
    const throughMs = line.received(8, startMs);
    expect(throughMs).toBeCloseTo(startMs + 8 * byteMs, 6);
    for (const [i, size] of sizes.entries()) line.send(Buffer.alloc(size, i), throughMs);
    await done.promise;
    expect(got.map(({ byte }) => byte)).toEqual(sizes.flatMap((size, i) => Array(size).fill(i)));
    // Less one part in a million: sums of fractions.
    for (const [i, { atMs }] of got.entries())
      expect(atMs).toBeGreaterThanOrEqual(throughMs + (i + 1) * byteMs * (1 - 1e-6) - 1e-6);
    expect(line.use()).toMatchObject({ collisions: 0 });
    expect(line.use().wireMs).toBeCloseTo(58 * byteMs, 6);
  });

  it('sends what is due first, whatever was asked first, and counts who talks over it', async () => {
    const got: string[] = [];
    const done = Promise.withResolvers<void>();
    const line = new WireLine(characterMs(9600), (bytes) => {
      got.push(bytes.toString());
      if (got.join('').length === 10) done.resolve();
    });
    const nowMs = performance.now();
    line.send(Buffer.from('later'), nowMs + 20);
    line.send(Buffer.from('first'), nowMs);
    line.received(1, nowMs);
    await done.promise;
    expect(got.join('')).toBe('firstlater');
    expect(line.use().collisions).toBe(1);
  });
});

describe('requests among what a master sends', () => {
  const random = new Random(seed, 'requests');
  const frames = [
    rtuFrame({ unit: 1, pdu: Buffer.from('0300000002', 'hex') }),
    rtuFrame({ unit: 9, pdu: Buffer.from('05000aff00', 'hex') }),
    rtuFrame({ unit: 3, pdu: Buffer.from('100001000204000a0102', 'hex') }),
    rtuFrame({ unit: 200, pdu: Buffer.from('0f0013000a02cd01', 'hex') }),
  ];
  const hex = (found: readonly Buffer[]): string[] => found.map((frame) => frame.toString('hex'));

  it(`are found however they are cut (seed ${seed})`, () => {
    const all = Buffer.concat(frames);
    for (let round = 0; round < 200; round++) {
      const requests = new RtuRequests();
      const found: Buffer[] = [];
      for (let at = 0; at < all.length; ) {
        const end = Math.min(all.length, at + random.whole(1, 12));
        found.push(...requests.take(all.subarray(at, end)));
        at = end;
      }
      expect(hex(found)).toEqual(hex(frames));
      expect(requests).toMatchObject({ dropped: 0, pending: false });
    }
  });

  it('are found after noise, and a function nobody knows by the pause after it', () => {
    const requests = new RtuRequests();
    const [first = Buffer.alloc(0)] = frames;
    const found = requests.take(Buffer.concat([Buffer.of(0xff, 0x55, 0x00), first]));
    found.push(...requests.pause());
    expect(hex(found)).toEqual([first.toString('hex')]);
    expect(requests.dropped).toBe(3);
    const identify = rtuFrame({ unit: 1, pdu: Buffer.from('2b0e0100', 'hex') });
    expect(requests.take(identify)).toEqual([]);
    expect(hex(requests.pause())).toEqual([identify.toString('hex')]);
  });

  it('with a wrong CRC are none', () => {
    const requests = new RtuRequests();
    const bad = Buffer.from(frames[0] ?? []);
    bad[7] = (bad[7] ?? 0) ^ 1;
    expect([...requests.take(bad), ...requests.pause()]).toEqual([]);
    expect(requests.dropped).toBe(8);
  });
});
