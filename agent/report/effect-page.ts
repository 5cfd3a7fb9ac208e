/** An effect report as one page: verdict, figures, pictures, the tables behind them, and its origin. */
import { framed, oneLanguage, section } from '../backtest/picture/frame.ts';
import { escaped } from '../backtest/picture/marks.ts';
import type { Sheet } from '../backtest/sheet.ts';
import type { EffectCharts } from '../effect/effect.ts';
import type { StratumEffect } from '../effect/result.ts';
import type { Text } from '../records.ts';
import type { Language } from '../words.ts';
import { basisSheet, daySheet, modelSheet, originSheet, spanText } from './basis-sheets.ts';
import { controlPicture } from './control-picture.ts';
import type { EffectReport } from './effect-report.ts';
import { differenceSheet, looksSheet, noteSheet, rateSheet, strataSheet } from './effect-sheets.ts';
import { verdictLines, verdictText } from './effect-words.ts';
import { energyPicture } from './energy-picture.ts';
import { costSheet, energySheet } from './energy-sheets.ts';
import { type ForestRow, forestPicture } from './forest-picture.ts';

const style = `
.verdict{border:2px solid #14181b;padding:10px 14px;margin:0 0 16px;break-inside:avoid}
.verdict p{font-size:1em}.verdict .headline{font-size:20px;font-weight:bold;margin:0 0 4px}
.figures td,.figures th{white-space:normal}
.figures thead th,.figures td.right{white-space:nowrap}
.long .picture{break-inside:avoid}
@media print{.verdict .headline{font-size:14pt}thead{display:table-header-group}section:has(.picture):has(table){break-inside:auto}}
`;

/** Molds with a chart of their own, those with the most shots. */
const mostCharts = 8;
/** Molds beside all of them in the picture of differences, alike; the table has every one. */
const mostRows = 14;

/** Every table of it, in the order in which they are read; a terminal prints them too. */
export function effectSheets(report: EffectReport): Sheet[] {
  return [
    noteSheet(report),
    rateSheet(report),
    differenceSheet(report),
    strataSheet(report),
    looksSheet(report),
    energySheet(report),
    costSheet(report),
    basisSheet(report),
    modelSheet(report),
    originSheet(report),
  ].filter((sheet) => sheet !== null);
}

export function effectPage(report: EffectReport, lang: Language): string {
  const { days } = report.evidence;
  const [was, is] = [days.before, days.after];
  const words: Text = report.byTurns
    ? {
        ko: `교대일: 끈 날(전) ${was.length}일, 켠 날(후) ${is.length}일 · ${spanText([...was, ...is].sort())}`,
        en: `days by turns: ${was.length} off (before), ${is.length} on (after) · ${spanText([...was, ...is].sort())}`,
      }
    : {
        ko: `변경 전 ${spanText(was)} · 변경 후 ${spanText(is)}`,
        en: `before ${spanText(was)} · after ${spanText(is)}`,
      };
  const heading = { ko: '효과 보고서', en: 'Effect report' }[lang];
  const wording = oneLanguage(lang);
  const show = (sheet: Sheet | null, picture: string | null = ''): string =>
    sheet === null ? '' : section(sheet, wording, framedPicture(picture));
  const { energy } = report.effect;
  const annex = daySheet(report);
  const body = [
    `<h1>${heading}</h1><p class="from">${escaped(words[lang])}</p>`,
    verdictBox(report, lang),
    show(noteSheet(report)),
    show(rateSheet(report)),
    show(differenceSheet(report), forestPicture(forestRows(report, lang), lang)),
    show(strataSheet(report)),
    charts(report, lang),
    show(looksSheet(report)),
    show(energySheet(report), energy?.kind === 'effect' ? energyPicture(energy, lang) : ''),
    show(costSheet(report)),
    show(basisSheet(report)),
    show(modelSheet(report)),
    show(originSheet(report)),
    annex === null ? '' : show(annex),
  ];
  return framed({ lang, title: `${heading}: ${words[lang]}`, body: body.join('\n'), style });
}

const framedPicture = (picture: string | null): string =>
  picture === null || picture === '' ? '' : `<div class="picture">${picture}</div>`;

function verdictBox(report: EffectReport, lang: Language): string {
  const lines = verdictLines(report).map((line) => `<p>${escaped(line[lang])}</p>`);
  return `<div class="verdict"><p class="headline">${escaped(verdictText(report)[lang])}</p>${lines.join('')}</div>`;
}

const stratumName = (
  { mold, mode }: Pick<StratumEffect, 'mold' | 'mode'>,
  lang: Language,
): string =>
  [mold ?? { ko: '금형 구분 없음', en: 'no mold' }[lang], mode]
    .filter((one) => one !== null)
    .join(' · ');

const shotsOf = ({ before, after }: StratumEffect): number => before.judged + after.judged;

function forestRows({ effect }: EffectReport, lang: Language): ForestRow[] {
  const { sameMix, strata } = effect.defects;
  const most = strata.toSorted((a, b) => shotsOf(b) - shotsOf(a)).slice(0, mostRows);
  const shown = strata.filter((stratum) => most.includes(stratum));
  const own = shown.flatMap((stratum) =>
    stratum.difference === null
      ? []
      : [{ name: stratumName(stratum, lang), difference: stratum.difference }],
  );
  const all = { ko: '전체, 같은 구성', en: 'all, same mix' }[lang];
  const whole = sameMix === null ? [] : [{ name: all, difference: sameMix.difference }];
  return own.length > 1 ? [...whole, ...own] : whole;
}

function charts({ effect, evidence, byTurns }: EffectReport, lang: Language): string {
  const firstAfter = byTurns ? null : (evidence.days.after[0] ?? null);
  const madeOf = (mold: string | null): number =>
    evidence.shots.reduce((sum, row) => sum + (row.mold === mold ? row.shots : 0), 0);
  const [whole, own] = [
    effect.charts.filter(({ mold }) => mold === null),
    effect.charts.filter(({ mold }) => mold !== null),
  ];
  own.sort((a, b) => madeOf(b.mold) - madeOf(a.mold));
  const titleOf = ({ mold }: EffectCharts): Text => ({
    ko: mold === null ? '관리도: 전체' : `관리도: 금형 ${mold}`,
    en: mold === null ? 'Control charts: all molds' : `Control chart: mold ${mold}`,
  });
  const left = own.length - mostCharts;
  const more = {
    ko: `그 밖의 금형 ${left}개는 근거 CSV에 있습니다.`,
    en: `${left} more molds are in the evidence CSV.`,
  }[lang];
  const legend = {
    ko: '한계는 변경 전 날들에서 계산했습니다. 세로 점선: 변경. 동그라미: 한계를 벗어난 날. 전체 그림은 금형 구성이 바뀌어도 움직입니다.',
    en: 'Limits come from the days before. Dotted upright line: the change. Rings: days beyond the limits. The chart of all molds also moves with their mix.',
  }[lang];
  const drawn = [...whole, ...own.slice(0, mostCharts)].map((one) => {
    const isShort = one.mold !== null;
    const picture = controlPicture(one, { lang, firstAfter, isShort });
    return `<section><h2>${escaped(titleOf(one)[lang])}</h2><div class="picture">${picture}</div>${isShort ? '' : `<p>${escaped(legend)}</p>`}</section>`;
  });
  return [...drawn, left > 0 ? `<p>${escaped(more)}</p>` : ''].join('\n');
}
