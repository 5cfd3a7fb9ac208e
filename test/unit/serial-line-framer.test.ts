import { describe, expect, it } from 'vitest';
import { Random } from '../../agent/simulator/random.ts';
import type { LineFraming } from '../../drivers/driver.ts';
import { checksumOf, takeChecksum } from '../../drivers/serial-line/checksum.ts';
import { type Framed, LineFramer, longestMessage } from '../../drivers/serial-line/line-framer.ts';

const plain = { checksum: 'none', checksumFrom: 0, bits: 8 } as const;
const byLine: LineFraming = { end: { delimiter: '\r\n' }, ...plain };

function framer(framing: LineFraming = byLine, start: 'fresh' | 'midway' = 'fresh') {
  const made = new LineFramer(framing, start, 0);
  return (text: string, atMs = 0): Framed[] => made.feed(Buffer.from(text, 'latin1'), atMs);
}

const texts = (framed: readonly Framed[]): string[] => framed.map(({ text }) => text);
const faults = (framed: readonly Framed[]) => framed.map(({ fault }) => fault);

describe('checksums', () => {
  it('are those of the makers’ own examples', () => {
    // Samwontech TEMI2000 and TEMP1000 manuals, the protocol family of PC-LINK SUM.
    expect(checksumOf('sum8', '01RSD,06,0001')).toBe('C9');
    expect(checksumOf('sum8', '01RRD,OK,01F4,012C')).toBe('18');
    // Modbus CRC check value of "123456789".
    expect(checksumOf('crc16-modbus', '123456789')).toBe('4B37');
    expect(checksumOf('xor8', 'AB')).toBe('03');
  });

  it('are taken off a message, and refuse every change of one character', () => {
    const message = '\x0201DRS,OK,00FA23';
    expect(takeChecksum('sum8', 1, message)).toEqual({ text: '\x0201DRS,OK,00FA', right: true });
    for (let i = 1; i < message.length; i++) {
      const other = `${message.slice(0, i)}~${message.slice(i + 1)}`;
      expect(takeChecksum('sum8', 1, other).right, `character ${i}`).toBe(false);
    }
    expect(takeChecksum('sum8', 1, '3').right).toBe(false);
  });
});

describe('messages by delimiter', () => {
  it('are whole however they are cut and glued', () => {
    const random = new Random(20_240_601);
    const sent = Array.from({ length: 400 }, (_, i) => `ST,GS,+${String(i).padStart(7)}kg`);
    const stream = sent.map((text) => `${text}\r\n`).join('');
    const feed = framer();
    const heard: Framed[] = [];
    for (let at = 0; at < stream.length; ) {
      const size = random.whole(1, 60);
      heard.push(...feed(stream.slice(at, at + size)));
      at += size;
    }
    expect(texts(heard)).toEqual(sent);
    expect(faults(heard).every((fault) => fault === null)).toBe(true);
  });

  it('are none before the first end, when a message may have been under way', () => {
    const feed = framer(byLine, 'midway');
    expect(feed('.500kg\r\nST,GS,+  1.500kg\r\n')).toEqual([
      { text: 'ST,GS,+  1.500kg', fault: null },
    ]);
  });

  it('are whole from the first on, when the line was quiet long enough', () => {
    const feed = framer(byLine, 'midway');
    expect(texts(feed('LOT-1\r\n', 600))).toEqual(['LOT-1']);
  });

  it('with a pause within may be halves of two: neither counts', () => {
    const feed = framer();
    expect(feed('LOT-1', 0)).toEqual([]);
    expect(faults(feed('LOT-2\r\nLOT-3\r\n', 60_000))).toEqual(['pause', null]);
  });

  it('do not mind the LF of a scanner whose delimiter is CR', () => {
    const feed = framer({ ...byLine, end: { delimiter: '\r' } });
    expect(texts(feed('A1\r\n', 0))).toEqual(['A1']);
    expect(feed('B2\r\n', 60_000)).toEqual([{ text: 'B2', fault: null }]);
  });

  it('without an end are told once, held to a bound, and cost nothing after', () => {
    const feed = framer();
    const found: Framed[] = [];
    for (let i = 0; i < 2000; i++) found.push(...feed('x'.repeat(997)));
    expect(faults(found)).toEqual(['too-long']);
    expect(texts(feed('\r\nST,GS,+  1.500kg\r\n'))).toEqual(['ST,GS,+  1.500kg']);
  });

  it('longer than any are refused even when the end is there', () => {
    expect(faults(framer()(`${'x'.repeat(longestMessage + 1)}\r\nok\r\n`))).toEqual([
      'too-long',
      null,
    ]);
  });

  it('keep a delimiter that is cut in two, after an endless message too', () => {
    const feed = framer();
    feed('x'.repeat(1500));
    feed('\r');
    expect(texts(feed('\nok\r\n'))).toEqual(['ok']);
  });

  it('with a wrong checksum are told as such', () => {
    const feed = framer({ ...byLine, checksum: 'sum8', checksumFrom: 1 });
    expect(feed('\x0201DRS,OK,00FA23\r\n\x0201DRS,OK,00FB23\r\n')).toEqual([
      { text: '\x0201DRS,OK,00FA', fault: null },
      { text: '\x0201DRS,OK,00FB', fault: 'checksum' },
    ]);
  });
});

describe('seven-bit text', () => {
  const feed = () => framer({ ...byLine, bits: 7 });
  const even = (text: string): string =>
    [...text]
      .map((char) => {
        const code = char.charCodeAt(0);
        const ones = [...code.toString(2)].filter((bit) => bit === '1').length;
        return String.fromCharCode(code | (ones % 2 === 0 ? 0 : 0x80));
      })
      .join('');

  it('is read with its parity, delimiter and all, where the port is set to eight bits', () => {
    expect(feed()(even('ST,+00012.34  g\r\n'))).toEqual([{ text: 'ST,+00012.34  g', fault: null }]);
    expect(texts(feed()('ST,+00012.34  g\r\n'))).toEqual(['ST,+00012.34  g']);
  });

  it('with any one bit flipped is refused', () => {
    const sent = even('ST,+00012.34  g\r\n');
    for (let i = 0; i < sent.length - 2; i++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = String.fromCharCode(sent.charCodeAt(i) ^ (1 << bit));
        const heard = feed()(sent.slice(0, i) + flipped + sent.slice(i + 1));
        expect(
          heard.filter(({ fault }) => fault === null),
          `byte ${i} bit ${bit}`,
        ).toEqual([]);
      }
    }
  });
});

describe('messages by length and by pattern', () => {
  it('of a length are taken from the request on', () => {
    const feed = framer({ ...plain, end: { length: 5 } });
    expect(texts([...feed('12'), ...feed('.34'), ...feed('9')])).toEqual(['12.34']);
  });

  it('by pattern are cut where they match, and count only in step', () => {
    const feed = framer({ ...plain, end: { pattern: '\\x02[^\\x03]*\\x03' } });
    expect(feed('\x021.5\x03\r\n\x021.6\x03#\x021.7\x03')).toEqual([
      { text: '\x021.5\x03', fault: null },
      { text: '\x021.6\x03', fault: null },
      { text: '\x021.7\x03', fault: 'out-of-step' },
    ]);
  });

  it.each([
    ['\\d+kg', '12kg'],
    ['#\\d+\\x03', '#12\x03'],
    ['#\\d+\\u0003', '#12\x03'],
    ['\\d+(?:kg|t)', '12t'],
    ['\\d+\\r', '12\r'],
  ])('by pattern %s are found byte by byte', (pattern, message) => {
    const feed = framer({ ...plain, end: { pattern } });
    const heard = [...message.repeat(3)].flatMap((char) => feed(char));
    expect(texts(heard)).toEqual([message, message, message]);
  });

  it('by pattern are none at first, when a message may have been under way', () => {
    const feed = framer({ ...plain, end: { pattern: '[0-9.]+kg' } }, 'midway');
    expect(texts(feed('2.34kg\n12.34kg'))).toEqual(['12.34kg']);
  });
});

it('never throws and stays small, whatever comes', () => {
  const random = new Random(7);
  const framings: LineFraming[] = [
    byLine,
    { ...byLine, bits: 7, checksum: 'xor8' },
    { ...plain, end: { length: 7 } },
    { ...plain, end: { pattern: '\\x02.{3}\\x03' }, checksum: 'crc16-modbus', checksumFrom: 4 },
  ];
  for (const framing of framings) {
    const made = new LineFramer(framing, random.chance(0.5) ? 'fresh' : 'midway', 0);
    for (let i = 0; i < 3000; i++) {
      const bytes = Buffer.from(
        Array.from({ length: random.whole(0, 80) }, () =>
          random.chance(0.1) ? random.pick([2, 3, 10, 13]) : random.whole(0, 255),
        ),
      );
      for (const { text } of made.feed(bytes, i * random.whole(0, 900)))
        expect(text.length).toBeLessThanOrEqual(longestMessage + 80);
    }
  }
});
