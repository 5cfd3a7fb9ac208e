/** Tables for terminals. Korean letters take two columns there, so lengths are not widths. */

/** Ranges of East Asian wide and full-width characters, and of emoji. */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

const invisible = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u;

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (invisible.test(character)) return 0;
  return wide.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}

/** Columns that `text` takes in a terminal. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** One line, with nothing in it that could move the cursor or change colours. */
export function plainText(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').trim();
}

export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'left' ? text + space : space + text;
}

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly text: (row: Row) => string;
  /** Applied after padding, so that colour codes take no room. */
  readonly paint?: (text: string, row: Row) => string;
}

/** Title line and one line a row; the last column is not padded. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map((row) => columns.map((column) => plainText(column.text(row))));
  const widths = columns.map((column, index) =>
    Math.max(textWidth(column.title), ...cells.map((line) => textWidth(line[index] ?? ''))),
  );
  const fitted = (text: string, index: number): string => {
    const align = columns[index]?.align ?? 'left';
    const last = index === columns.length - 1 && align === 'left';
    return last ? text : pad(text, widths[index] ?? 0, align);
  };
  const title = columns.map((column, index) => fitted(column.title, index)).join('  ');
  const lines = rows.map((row, at) =>
    columns
      .map((column, index) => {
        const text = fitted(cells[at]?.[index] ?? '', index);
        return column.paint === undefined ? text : column.paint(text, row);
      })
      .join('  ')
      .trimEnd(),
  );
  return [title.trimEnd(), ...lines];
}

/** A text from outside, for a cell: spreadsheets run what begins like a formula. */
export function cellText(text: string | null): string | null {
  return text !== null && /^[=+@-]/.test(text) ? `'${text}` : text;
}

/** One line of CSV (RFC 4180, without its line end); null is an empty cell. */
export function csvLine(cells: readonly (string | number | boolean | null)[]): string {
  return cells
    .map((cell) => {
      const text = cell === null ? '' : String(cell);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}
