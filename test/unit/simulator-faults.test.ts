import { describe, expect, it } from 'vitest';
import {
  type Delivery,
  type Exchange,
  lateAfter,
  type Outcome,
  rightFrame,
  spoil,
} from '../../agent/simulator/fault-frames.ts';
import { FaultPlan, faultNames, parseFaults } from '../../agent/simulator/faults.ts';
import { Random } from '../../agent/simulator/random.ts';
import { crc16 } from '../../drivers/modbus/crc16.ts';

const seed = 20_261_126;
const rounds = 400;

const rtu: Exchange = {
  framing: 'rtu',
  unit: 17,
  transaction: 0,
  request: Buffer.from('1103006b00037687', 'hex'),
  pdu: Buffer.from('0306022b00000064', 'hex'),
};
const tcp: Exchange = {
  framing: 'modbus-tcp',
  unit: 17,
  transaction: 0x1234,
  request: Buffer.from('123400000006110300 6b0003'.replace(' ', ''), 'hex'),
  pdu: rtu.pdu,
};

/** What `name` makes of the exchange, again and again. */
function many(name: Parameters<typeof spoil>[0], exchange: Exchange): Outcome[] {
  const random = new Random(seed, name);
  return Array.from({ length: rounds }, () => spoil(name, exchange, random));
}

const bytesOf = ({ deliveries }: Outcome): Buffer =>
  Buffer.concat(deliveries.map(({ bytes }: Delivery) => bytes));
const crcFits = (frame: Buffer): boolean =>
  frame.length > 3 && crc16(frame, frame.length - 2) === frame.readUInt16LE(frame.length - 2);

function bitsChanged(frame: Buffer, from: Buffer): number[] {
  const places: number[] = [];
  for (let bit = 0; bit < 8 * from.length; bit++) {
    const mask = 1 << (bit & 7);
    if (((frame[bit >> 3] ?? 0) & mask) !== ((from[bit >> 3] ?? 0) & mask)) places.push(bit);
  }
  return places;
}

describe(`the fault plan (seed ${seed})`, () => {
  const rates = { late: 0.01, truncated: 0.05, silent: 0.2 } as const;

  it('decides the same for the same seed, and otherwise for another', () => {
    const decisions = (of: number) => {
      const plan = new FaultPlan({ rates, seed: of });
      return Array.from({ length: 500 }, () => plan.next());
    };
    expect(decisions(seed)).toEqual(decisions(seed));
    expect(decisions(seed)).not.toEqual(decisions(seed + 1));
  });

  it('spoils as often as asked, and nothing that was not asked for', () => {
    const plan = new FaultPlan({ rates, seed });
    const counts: Record<string, number> = {};
    for (let i = 0; i < 100_000; i++) {
      const name = plan.next() ?? 'right';
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(Object.keys(counts).sort()).toEqual(['late', 'right', 'silent', 'truncated']);
    for (const [name, rate] of Object.entries(rates))
      expect((counts[name] ?? 0) / 100_000 / rate).toBeCloseTo(1, 0.5);
  });
});

describe('--fault', () => {
  it('takes a list, and all of them at once', () => {
    expect(parseFaults('late=0.01, duplicate=0.02', 'rtu-pty')).toEqual({
      late: 0.01,
      duplicate: 0.02,
    });
    const all = parseFaults('all=0.5', 'modbus-tcp');
    expect(Object.keys(all)).toContain('wrong-transaction');
    expect(Object.keys(all)).not.toContain('burst');
    expect(Object.values(all).reduce((sum, rate) => sum + rate, 0)).toBeCloseTo(0.5);
  });

  it.each([
    ['lat=0.1', 'modbus-tcp', 'there is no fault "lat"', 'did you mean "late"?'],
    ['chaos=0.1', 'rtu-pty', 'there is no fault "chaos"', 'all, late, duplicate,'],
    ['late', 'modbus-tcp', '"late" is no fault with its probability', 'NAME=0.01'],
    ['late=x', 'modbus-tcp', '"late=x" is no fault', 'NAME=0.01'],
    ['late=-1', 'modbus-tcp', '"late=-1" is no fault', 'from 0 to 1'],
    ['late=0.6,silent=0.6', 'modbus-tcp', 'add up to 1.2', 'at most 1'],
    ['wrong-transaction=0.1', 'rtu-tcp', 'cannot happen over rtu-tcp', 'late, duplicate'],
    ['reset=0.1', 'rtu-pty', 'cannot happen over rtu-pty', 'late, duplicate'],
    ['foreign-unit=0.1', 'text-tcp', 'cannot happen over text-tcp', 'late, duplicate'],
  ] as const)('%s over %s says what is wrong', (text, carrier, message, hint) => {
    expect(() => parseFaults(text, carrier)).toThrow(
      expect.objectContaining({
        code: 'usage',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });
});

describe(`what goes out instead of a right reply (seed ${seed})`, () => {
  const right = rightFrame(rtu);
  const rightTcp = rightFrame(tcp);

  it('is made of right frames to begin with', () => {
    expect(right.toString('hex')).toBe('110306022b00000064c8ba');
    expect(rightTcp.toString('hex')).toBe('123400000009110306022b00000064');
  });

  it.each(faultNames)('%s is never the right reply alone and in time', (name) => {
    for (const exchange of [rtu, tcp]) {
      const alone = exchange === rtu ? right : rightTcp;
      for (const outcome of many(name, exchange)) {
        const [only, more] = outcome.deliveries;
        const plain = more === undefined && only?.afterMs === 0 && only.bytes.equals(alone);
        expect(plain && outcome.connection === 'stays').toBe(false);
      }
    }
  });

  it('flips one to three bits, over Modbus TCP where a reader can notice', () => {
    for (const outcome of many('flip', rtu)) {
      const places = bitsChanged(bytesOf(outcome), right);
      expect(places.length).toBeGreaterThanOrEqual(1);
      expect(places.length).toBeLessThanOrEqual(3);
    }
    for (const outcome of many('flip', tcp))
      expect(Math.max(...bitsChanged(bytesOf(outcome), rightTcp))).toBeLessThan(64);
  });

  it('changes bursts of at most 16 bits, none of which the CRC misses', () => {
    const lengths = new Set<number>();
    for (const outcome of many('burst', rtu)) {
      const places = bitsChanged(bytesOf(outcome), right);
      lengths.add(Math.max(...places) - Math.min(...places) + 1);
      expect(crcFits(bytesOf(outcome))).toBe(false);
    }
    expect([...lengths].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });

  it.each(['foreign-unit', 'wrong-function', 'wrong-count', 'exception'] as const)(
    'gives %s a right CRC',
    (name) => {
      for (const outcome of many(name, rtu)) expect(crcFits(bytesOf(outcome))).toBe(true);
    },
  );

  it('knows every exception from 1 to 11', () => {
    const codes = new Set(many('exception', rtu).map((outcome) => bytesOf(outcome)[2]));
    expect([...codes].sort((a = 0, b = 0) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('breaks off, but says something', () => {
    for (const outcome of many('truncated', rtu)) {
      const bytes = bytesOf(outcome);
      expect(bytes.length).toBeGreaterThan(0);
      expect(right.subarray(0, bytes.length).equals(bytes)).toBe(true);
    }
  });

  it('grows beyond the longest frame', () => {
    const sizes = many('oversize', tcp).map((outcome) => bytesOf(outcome).length);
    expect(Math.max(...sizes)).toBeGreaterThan(260);
    expect(Math.min(...sizes)).toBeGreaterThan(rightTcp.length);
  });

  it('leaves the right reply whole where it only adds to it', () => {
    for (const name of ['duplicate', 'duplicate-late', 'glued', 'echo', 'noise', 'split'] as const)
      for (const outcome of many(name, rtu)) expect(bytesOf(outcome).includes(right)).toBe(true);
  });

  it('comes late by what was asked, from a little to very much', () => {
    const lateMs = lateAfter(40);
    const random = new Random(seed, 'late');
    const delays = Array.from({ length: rounds }, () => {
      const settings = { lateMs, repeatMs: [1, 1], lorisMs: 1, endlessBytes: 1 } as const;
      return spoil('late', rtu, random, settings).deliveries[0]?.afterMs ?? 0;
    });
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(60);
    expect(Math.max(...delays)).toBeLessThanOrEqual(12_000);
    expect(delays.filter((delay) => delay < 850).length).toBeGreaterThan(rounds / 3);
  });

  it('tells false ids, protocols and lengths', () => {
    const words = (name: Parameters<typeof spoil>[0], at: number) =>
      new Set(many(name, tcp).map((outcome) => bytesOf(outcome).readUInt16BE(at)));
    expect(words('wrong-transaction', 0).has(0x1234)).toBe(false);
    expect(words('wrong-protocol', 2).has(0)).toBe(false);
    expect(words('wrong-length', 4).has(9)).toBe(false);
  });

  it('dribbles byte by byte, or never ends', () => {
    const [loris] = many('slow-loris', rtu);
    expect(loris?.deliveries.map(({ afterMs }) => afterMs)).toEqual(
      [...right.keys()].map((i) => 1000 * i),
    );
    const [endless] = many('endless', rtu);
    expect(endless === undefined ? 0 : bytesOf(endless).length).toBe(65_536);
  });
});
