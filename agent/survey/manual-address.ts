/** Register numbers as manuals print them: 40001 is holding 0, 30001 input 0. */
import type { RegisterTable } from '../../drivers/driver.ts';

export interface MeantAddress {
  /** 0-based, as sent. */
  readonly address: number;
  /** As it was given where it was a manual's number; else null. */
  readonly manual: string | null;
  /** The table that a number of this kind belongs to, where it is not the one that was named. */
  readonly otherTable: { readonly table: RegisterTable; readonly address: number } | null;
}

const firstDigit: Readonly<Record<RegisterTable, string>> = {
  coil: '0',
  discrete: '1',
  input: '3',
  holding: '4',
};
const lastAddress = 65_535;

/**
 * `text` as given for `table`. Hexadecimal is sent as it is; 40001 to 49999 and 400001 to 465536 are
 * a manual's for holding registers, and so on by the first digit. Null when it is no address.
 */
export function meantAddress(text: string, table: RegisterTable): MeantAddress | null {
  if (/^0x[0-9a-f]{1,4}$/i.test(text)) return asItIs(Number(text));
  if (!/^\d{1,6}$/.test(text)) return null;
  const own = manualAddress(text, firstDigit[table]);
  if (own !== null) return { address: own, manual: text, otherTable: null };
  if (Number(text) > lastAddress) return null;
  return { ...asItIs(Number(text)), otherTable: otherTable(text) };
}

function asItIs(address: number): MeantAddress {
  return { address, manual: null, otherTable: null };
}

/** Five or six digits, the first of which tells the table; the rest counts from 1. */
function manualAddress(text: string, digit: string): number | null {
  if (text.length < 5 || !text.startsWith(digit)) return null;
  const address = Number(text.slice(1)) - 1;
  return address >= 0 && address <= lastAddress ? address : null;
}

/** Coils aside: a number with zeros before it is too easily something else. */
function otherTable(text: string): MeantAddress['otherTable'] {
  for (const table of ['holding', 'input', 'discrete'] as const) {
    const address = manualAddress(text, firstDigit[table]);
    if (address !== null) return { table, address };
  }
  return null;
}

/** As a manual would print it, e.g. 40001 for holding 0. */
export function manualNumber(table: RegisterTable, address: number): string {
  const digits = address < 9999 ? 4 : 5;
  return firstDigit[table] + String(address + 1).padStart(digits, '0');
}
