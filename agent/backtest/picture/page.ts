/** The whole report as one page, in both languages. */
import type { Text } from '../../records.ts';
import type { Cell } from '../sheet.ts';
import { sheetsOf } from '../sheets.ts';
import { framed, section, type Wording } from './frame.ts';
import { escaped } from './marks.ts';
import { type PictureData, pictureOf } from './picture.ts';

/** `file`: the name of the history, as it is told. */
export function pageOf(data: PictureData, file: string): string {
  const { model } = data.report;
  const [first, ...sheets] = sheetsOf(data.report);
  const title = `${model.name} ${model.version} · ${file}`;
  const body = `<h1>과거 데이터 검증 <small lang="en">Backtest</small></h1>
<p class="from">${escaped(title)}<br>sha256 ${escaped(model.hash)}</p>
${first === undefined ? '' : section(first, inBoth)}
<div class="picture">${pictureOf(data)}</div>
${sheets.map((sheet) => section(sheet, inBoth)).join('\n')}`;
  return framed({ lang: 'ko', title, body });
}

/** Korean first, English below it; once where they are the same. */
const inBoth: Wording = {
  cell: (cell) => twice(cell, 'span'),
  title: (title) => twice(title, 'small'),
  note,
};

function twice(cell: Cell, tag: 'span' | 'small'): string {
  if (typeof cell === 'string') return escaped(cell);
  if (cell.ko === cell.en) return escaped(cell.ko);
  return `${escaped(cell.ko)} <${tag} class="${tag === 'span' ? 'en' : ''}" lang="en">${escaped(cell.en)}</${tag}>`;
}

function note({ ko, en }: Text): string {
  return `<p>${escaped(ko)} <span class="en" lang="en">${escaped(en)}</span></p>`;
}
