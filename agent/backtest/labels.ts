/** Inspection results out of a CSV: which rows were defects. */
import { PpuriError } from '../../config/errors.ts';
import { listed } from '../../config/nearest.ts';
import type { Table } from '../../models/table.ts';

const defectWords = new Set(['1', '1.0', 'true', 'ng', 'fail', 'defect', '불량', '불합격']);
const goodWords = new Set(['0', '0.0', 'false', 'ok', 'pass', 'good', '양품', '합격']);

/**
 * 1 for a defect, 0 for a good part, null where the cell is empty. `positive` names the values that
 * mean a defect, by commas; absent: the usual words. Throws `csv-invalid` for a value it cannot take for either.
 */
export function readLabels(
  table: Table,
  column: string,
  positive: string | undefined,
): (row: number) => 0 | 1 | null {
  const index = table.column(column);
  const wanted = positive?.split(',').map((value) => value.trim().toLowerCase());
  for (const value of positive?.split(',') ?? []) requireValue(table, index, value, column);
  return (row) => {
    const text = (table.rows[row]?.[index] ?? '').trim().toLowerCase();
    if (text === '') return null;
    if (wanted !== undefined) return wanted.some((value) => sameValue(text, value)) ? 1 : 0;
    if (defectWords.has(text)) return 1;
    if (goodWords.has(text)) return 0;
    throw new PpuriError(
      'csv-invalid',
      `"${text}" in column ${column} is neither good nor defect`,
      {
        operation: 'read labels',
        subject: `${table.path}:${table.line(row)}`,
        hint: 'say which values mean a defect: --positive VALUE',
      },
    );
  };
}

function sameValue(text: string, wanted: string): boolean {
  return text === wanted || (wanted !== '' && Number(text) === Number(wanted));
}

/** A mistyped value would make every row good and the figures perfect. */
function requireValue(table: Table, index: number, positive: string, column: string): void {
  const wanted = positive.trim().toLowerCase();
  const values = new Set(table.rows.map((row) => (row[index] ?? '').trim()));
  const known = [...values].filter((text) => text !== '');
  if (known.some((text) => sameValue(text.toLowerCase(), wanted))) return;
  throw new PpuriError('csv-invalid', `no row has "${positive}" in column ${column}`, {
    operation: 'read labels',
    subject: table.path,
    hint: known.length === 0 ? 'the column is empty' : `its values are: ${listed(known)}`,
  });
}
