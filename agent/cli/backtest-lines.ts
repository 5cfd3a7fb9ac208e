/** A backtest's sheets on a terminal of 80 columns. */
import { cellIn, type Sheet } from '../backtest/sheet.ts';
import type { Language } from '../words.ts';
import { pad, tableLines, textWidth } from './table.ts';

const columns = 80;

/** Broken between words, each line with `indent` spaces. */
export function wrapped(text: string, indent = 0): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent + textWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((one) => ' '.repeat(indent) + one);
}

export function sheetLines(sheet: Sheet, lang: Language): string[] {
  const rows = sheet.rows.map((row) => row.map((cell) => cellIn(cell, lang)));
  const body =
    sheet.columns === null
      ? namedLines(rows)
      : tableLines(
          sheet.columns.map(({ title, align }, index) => ({
            title: title[lang],
            align,
            text: (row: readonly string[]) => row[index] ?? '',
          })),
          rows,
        );
  const notes = sheet.notes.flatMap((note) => wrapped(note[lang], 2));
  return [sheet.title[lang], ...body.map((line) => `  ${line}`.trimEnd()), ...notes];
}

function namedLines(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([name = '']) => textWidth(name)));
  return rows.flatMap(([name = '', value = '']) => {
    const [first = '', ...more] = wrapped(value, width + 4);
    return [`${pad(name, width)}  ${first.trimStart()}`, ...more.map((line) => line.slice(2))];
  });
}
