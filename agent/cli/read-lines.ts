/** What `ppuri read` prints: the raw words, and what they may mean. */
import type { WordOrder } from '../../drivers/decode.ts';
import type { RegisterTable } from '../../drivers/driver.ts';
import type { Text } from '../records.ts';
import { type Interpretation, wordOrders } from '../survey/interpret.ts';
import { type MeantAddress, manualNumber } from '../survey/manual-address.ts';
import type { ShiftHint } from '../survey/shifted.ts';
import { type Column, tableLines } from './table.ts';
import type { Language } from './words.ts';

export interface Note {
  readonly id: string;
  readonly text: Text;
}

const zeroBased: Text = {
  ko: '주소는 0부터 셉니다. 설명서의 40001은 holding 0입니다.',
  en: 'Addresses count from 0: a manual’s 40001 is holding 0.',
};

export function hexWord(word: number): string {
  return `0x${word.toString(16).padStart(4, '0')}`;
}

/** The number was a manual's, or looks like one of another table. */
export function addressNotes(meant: MeantAddress, table: RegisterTable): Note[] {
  const { address, manual, otherTable } = meant;
  if (manual !== null) {
    const ko = `${manual}은(는) 설명서 표기이므로 ${table} ${address}을(를) 읽습니다. ${zeroBased.ko} 번호 그대로 보내려면 16진수로 쓰십시오.`;
    const en = `${manual} is a manual’s number, so ${table} ${address} is read. ${zeroBased.en} To send the number itself, write it in hexadecimal.`;
    return [{ id: 'manual-address', text: { ko, en } }];
  }
  if (otherTable === null) return [];
  const there = `--${otherTable.table} ${otherTable.address}`;
  const ko = `주소 ${address}을(를) 그대로 보냅니다. 설명서 표기라면 ${there} 입니다.`;
  const en = `Address ${address} is sent as it is. If it is a manual’s number, it is ${there}.`;
  return [{ id: 'other-table', text: { ko, en } }];
}

export function shiftNote(
  table: RegisterTable,
  address: number,
  hint: ShiftHint,
  order: WordOrder,
): Note {
  const words = hint.words.map(hexWord).join(' ');
  const where = `${table} ${hint.address}`;
  const number = manualNumber(table, hint.address);
  const seen = `${where} (${number}): ${words}`;
  const texts = {
    answers: {
      ko: `${table} ${address}은(는) 없지만 옆 주소는 응답합니다. ${seen}.`,
      en: `There is no ${table} ${address}, but its neighbour answers. ${seen}.`,
    },
    plausible: {
      ko: `${table} ${address}에서는 ${order} 순서로 뜻이 통하지 않지만 옆 주소에서는 통합니다. ${seen}.`,
      en: `In order ${order} it makes no sense at ${table} ${address}, but it does beside. ${seen}.`,
    },
    halves: {
      ko: `주소가 하나 어긋난 것처럼 보입니다. 두 값의 반쪽을 읽은 것일 수 있습니다. ${seen}.`,
      en: `This looks like halves of two values: the address may be off by one. ${seen}.`,
    },
  };
  const { ko, en } = texts[hint.why];
  return { id: 'off-by-one', text: { ko: `${ko} ${zeroBased.ko}`, en: `${en} ${zeroBased.en}` } };
}

export function wordLines(
  table: RegisterTable,
  address: number,
  words: readonly number[],
  lang: Language,
): string[] {
  const ko = lang === 'ko';
  const columns: Column<number>[] = [
    { title: ko ? '주소' : 'address', align: 'right', text: (i) => String(address + i) },
    {
      title: ko ? '설명서' : 'manual',
      align: 'right',
      text: (i) => manualNumber(table, address + i),
    },
    { title: 'hex', text: (i) => hexWord(words[i] ?? 0) },
    { title: 'dec', align: 'right', text: (i) => String(words[i] ?? 0) },
  ];
  return tableLines(columns, [...words.keys()]);
}

export function bitLines(address: number, bits: readonly number[]): string[] {
  return bits.map((bit, i) => `${address + i}: ${bit}`);
}

/** One line a type, one column an order; `*`: it looks like a value. */
export function meaningLines(all: readonly Interpretation[], lang: Language): string[] {
  const byType = [...Map.groupBy(all, ({ type }) => type)];
  const orders = wordOrders.filter((order) => all.some((one) => one.order === order));
  const shown = orders.length === 0 ? (['ABCD'] as const) : orders;
  type Row = (typeof byType)[number];
  const cell = ([, row]: Row, order: string): string => {
    const found = row.find(
      (one) => one.order === order || (one.order === null && order === shown[0]),
    );
    return found === undefined ? '' : meaningText(found);
  };
  const columns: Column<Row>[] = [
    { title: lang === 'ko' ? '형식' : 'type', text: ([type]) => type },
    ...shown.map((order) => ({ title: order, text: (row: Row) => cell(row, order) })),
  ];
  return tableLines(columns, byType);
}

export function meaningText({ value, fault, plausible }: Interpretation): string {
  if (value === null) return fault ?? '-';
  return `${typeof value === 'number' ? numberText(value) : JSON.stringify(value)}${plausible ? ' *' : ''}`;
}

/** As many digits as a float32 has; whole numbers whole. */
export function numberText(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  const text = value.toPrecision(7);
  return text.includes('e') ? value.toExponential(5) : String(Number(text));
}
