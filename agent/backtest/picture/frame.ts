/** The frame of a page that is a file of its own: nothing is fetched, no script, and it prints on A4. */
import { type Cell, cellIn, type Sheet } from '../sheet.ts';
import { escaped } from './marks.ts';

const style = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0 auto;padding:20px;max-width:1120px;background:#fff;color:#14181b;font:16px/1.45 "Noto Sans KR","Noto Sans CJK KR","Apple SD Gothic Neo","Malgun Gothic","NanumGothic",system-ui,sans-serif;word-break:keep-all;overflow-wrap:anywhere}
h1{font-size:24px;margin:0}h2{font-size:18px;margin:0 0 6px}
small,.en{color:#434b52;font-size:.82em;font-weight:normal}
.from{margin:4px 0 14px;color:#434b52}
.picture{overflow-x:auto;margin:0 0 18px}.picture svg{display:block;width:100%;min-width:720px;height:auto}
section{margin:0 0 24px}
.table{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:4px 14px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid #d3d6d9}
thead th{border-bottom:2px solid #8b939a;white-space:nowrap}
tbody th{font-weight:normal;color:#434b52}
.figures td,.figures th{white-space:nowrap}
.right{text-align:right}
.en{display:block}
p{margin:6px 0 0;max-width:80ch;font-size:.88em}
@media print,(min-width:700px){table:not(.figures) .en{display:inline;margin-left:6px}}
@page{size:A4;margin:12mm}
@media print{body{padding:0;max-width:none;font-size:9.5pt}th,td{padding:2px 12px 2px 0}section{margin-bottom:14px}.picture{margin-bottom:12px}.picture,.table{overflow:visible}.picture svg{min-width:0}section,.picture{break-inside:avoid}section.long{break-inside:auto}tr{break-inside:avoid}h1{font-size:16pt}h2{font-size:12pt;break-after:avoid}}
`;

/** A table longer than this is allowed to go over the end of a page. */
const longTable = 25;

export interface PageFrame {
  readonly lang: 'ko' | 'en';
  readonly title: string;
  /** HTML below the body's beginning. */
  readonly body: string;
  /** More rules, after those of every page. */
  readonly style?: string;
}

export function framed({ lang, title, body, style: more = '' }: PageFrame): string {
  return `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${style}${more}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** How a page writes a text: in one language, or in both. */
export interface Wording {
  cell(cell: Cell): string;
  title(title: Sheet['title']): string;
  note(note: Sheet['notes'][number]): string;
}

export const oneLanguage = (lang: 'ko' | 'en'): Wording => ({
  cell: (cell) => escaped(cellIn(cell, lang)),
  title: (title) => escaped(title[lang]),
  note: (note) => `<p>${escaped(note[lang])}</p>`,
});

/** `picture`: HTML between the title and the table. */
export function section(sheet: Sheet, words: Wording, picture = ''): string {
  const { title, columns, rows, notes } = sheet;
  const align = (index: number): string =>
    columns?.[index]?.align === 'right' ? ' class="right"' : '';
  const head =
    columns === null
      ? ''
      : `<thead><tr>${columns.map((one, i) => `<th scope="col"${align(i)}>${words.cell(one.title)}</th>`).join('')}</tr></thead>`;
  const body = rows.map((row) => {
    const cells = row.map((cell, i) =>
      i === 0
        ? `<th scope="row"${align(i)}>${words.cell(cell)}</th>`
        : `<td${align(i)}>${words.cell(cell)}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  const long = rows.length > longTable ? ' class="long"' : '';
  return `<section${long}><h2>${words.title(title)}</h2>${picture}<div class="table"><table${columns === null ? '' : ' class="figures"'}>${head}<tbody>${body.join('\n')}</tbody></table></div>${notes.map(words.note).join('')}</section>`;
}
