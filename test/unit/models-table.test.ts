import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PpuriError } from '../../config/errors.ts';
import {
  parseCell,
  parseTable,
  parseTime,
  readTable,
  type TableOptions,
} from '../../models/table.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ppuri-table-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

async function table(content: string | Uint8Array, name = 'a.csv', options?: TableOptions) {
  const path = join(dir, name);
  await writeFile(path, content);
  return readTable(path, options);
}

async function refusal(content: string | Uint8Array, name = 'bad.csv', options?: TableOptions) {
  const thrown = await table(content, name, options).catch((error: unknown) => error);
  if (!(thrown instanceof PpuriError)) throw new Error(`not refused as expected: ${thrown}`);
  expect(thrown.code).toBe('csv-invalid');
  expect(thrown.hint).not.toBe('');
  return thrown;
}

/** "금형" and "온도" in CP949. */
const cp949Header = Uint8Array.of(0xb1, 0xdd, 0xc7, 0xfc, 0x2c, 0xbf, 0xc2, 0xb5, 0xb5, 0x0a);

describe('readTable', () => {
  test('takes a BOM, quotes, CRLF and stray spaces', async () => {
    const read = await table('\uFEFFid, "Melt, temp" ,EMS_Time \r\n1,"7""31",23\r\n2, 709 ,\r\n');
    expect(read.columns).toEqual(['id', 'Melt, temp', 'EMS_Time']);
    expect(read.rows).toEqual([
      ['1', '7"31', '23'],
      ['2', '709', ''],
    ]);
  });

  test.each([';', '\t', ','])('finds the separator %j', async (separator) => {
    const read = await table(`a${separator}b${separator}c\n1${separator}2${separator}3\n`);
    expect(read.columns).toEqual(['a', 'b', 'c']);
  });

  test('reads gzip and CP949', async () => {
    const bytes = Buffer.concat([cp949Header, Buffer.from('8412,203\n')]);
    const read = await table(gzipSync(bytes), 'k.csv.gz');
    expect(read.columns).toEqual(['금형', '온도']);
    expect(read.number(0, read.column('온도'))).toBe(203);
  });

  test('finds columns whatever their case, spaces and Unicode form', async () => {
    const read = await table(`Coolant_temperature,${'금형 온도'.normalize('NFD')}\n31,203\n`);
    expect(read.column('coolant_TEMPERATURE ')).toBe(0);
    expect(read.column('금형온도')).toBe(1);
    expect(read.find('nothing')).toBeNull();
  });

  test('offers the nearest name for an unknown column', async () => {
    const read = await table('molten_temp,cast_pressure\n1,2\n');
    expect(() => read.column('cast_presure')).toThrow(
      expect.objectContaining({ code: 'csv-invalid', hint: 'did you mean "cast_pressure"?' }),
    );
  });

  test('refuses a name that fits two columns', async () => {
    const read = await table('Temp,temp\n1,2\n');
    expect(() => read.column('temp')).toThrow(/could be "Temp" \(column 1\) and "temp"/);
  });

  test('names line and column of a cell that is no number', async () => {
    const read = await table('a,b\n1,2\n\n3,2x\n');
    expect(read.line(1)).toBe(4);
    expect(() => read.number(1, 1)).toThrow(/line 4, column b: "2x" is not a number/);
  });
});

describe('readTable refuses', () => {
  test('a ragged row, naming its line', async () => {
    expect((await refusal('a,b\n1,2\n3\n')).message).toMatch(/line 3/);
  });
  test('an open quote', async () => {
    expect((await refusal('a,b\n1,"2\n')).hint).toMatch(/quote/);
  });
  test('an empty file', async () => {
    expect((await refusal('\n \n')).message).toMatch(/empty/);
  });
  test('a .gz that is none', async () => {
    expect((await refusal('a,b\n1,2\n', 'c.csv.gz')).message).toMatch(/gzip/);
  });
  test('a cut gzip', async () => {
    const whole = gzipSync('a,b\n'.repeat(1000));
    expect((await refusal(whole.subarray(0, 40), 'd.csv.gz')).message).toMatch(/damaged/);
  });
  test('a gzip that unpacks past the cap', async () => {
    const bomb = gzipSync(Buffer.alloc(1 << 22, 0x20));
    const thrown = await refusal(bomb, 'e.csv.gz', { maxBytes: 1 << 20 });
    expect(thrown.message).toMatch(/larger than 1 MiB/);
  });
  test('bytes of neither encoding', async () => {
    expect((await refusal(Uint8Array.of(0x61, 0xff, 0xff))).message).toMatch(/neither/);
  });
  test('a file that is not there', async () => {
    const thrown = await readTable(join(dir, 'none.csv')).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'csv-invalid' });
  });
});

test.each([
  ['731', 731],
  [' -1.5e2 ', -150],
  ['', null],
  ['NaN', null],
  ['null', null],
  ['1,234', 1234],
  ['-12,345,678.5', -12345678.5],
])('parseCell(%j) is %j', (text, value) => {
  expect(parseCell(text)).toBe(value);
});

test.each([
  ['at the end', 'a,b\n1,2\n"3,4\n5,6\n', 3],
  ['where a later one does not fit', 'a,b\n1,"2\n3,"4"\n5,6\n', 2],
  ['within a cell', 'a,b\n1,2\n1,2"\n3,4\n', 3],
])('a quote without its partner is told with its line: noticed %s', (_, text, line) => {
  expect(() => parseTable(text, 'x.csv')).toThrow(`a quote in line ${line} has no partner`);
});

test.each(['1,5', 'abc', '0x10', 'Infinity', '1e999', '12 mm'])('parseCell refuses %j', (text) => {
  expect(() => parseCell(text)).toThrow(expect.objectContaining({ code: 'csv-invalid' }));
});

test.each([
  ['2019-03-01', '00:00:17', '2019-03-01T00:00:17+09:00'],
  ['2019-01-02T16:45:08', '', '2019-01-02T16:45:08+09:00'],
  ['2019-01-02T16:45:08.250Z', '', '2019-01-02T16:45:08.250Z'],
  ['2019-01-02 16:45:08-0130', '', '2019-01-02T16:45:08-01:30'],
  ['2020-10-16 오전 12:00:00', '', '2020-10-16T00:00:00+09:00'],
  ['20201016', '', '2020-10-16T00:00:00+09:00'],
  ['20201016', '09:30', '2020-10-16T09:30:00+09:00'],
  ['2020.10.16', '오후 1:05', '2020-10-16T13:05:00+09:00'],
  ['2020/1/6', '12:30 PM', '2020-01-06T12:30:00+09:00'],
])('parseTime(%j, %j)', (day, time, expected) => {
  expect(parseTime(day, time)).toBe(Date.parse(expected));
});

test.each([
  '',
  '5/4/20 0:00',
  '2019-02-30',
  '20191301',
  '27/11/2026',
  '2019-13-01',
  '2019-01-01 25:00',
  '2019-01-01 오전 13:00',
])('parseTime refuses %j', (text) => {
  expect(parseTime(text)).toBeNull();
});
