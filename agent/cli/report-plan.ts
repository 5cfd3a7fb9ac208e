/** `ppuri report plan`: how many shots it takes to show a wanted effect, and on which days. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PpuriError } from '../../config/errors.ts';
import { percent, whole } from '../report/figures.ts';
import { daysOf } from '../report/periods.ts';
import { type AlternationDay, alternation, planShots, type ShotPlan } from '../report/plan.ts';
import { positiveNumber, wholeNumber } from './arguments.ts';
import { wrapped } from './backtest-lines.ts';
import { action, type Output } from './output.ts';
import { share } from './report-effect.ts';
import { tableLines } from './table.ts';
import { type Language, terminalLanguage } from './words.ts';

interface PlanFlags {
  readonly from?: number;
  readonly to?: number;
  readonly power: number;
  readonly designEffect?: number;
  readonly shotsPerDay?: number;
  readonly looks?: 'weekly';
  readonly alternate?: number;
  readonly start?: string;
  readonly seed: number;
  readonly lang?: Language;
  readonly json?: boolean;
}

const help = `
Shots are those that are judged. Shots of a day resemble each other: ppuri report effect tells the design
effect of your plant; without it the table shows several. --looks weekly asks for more shots and lets
you stop early without claiming an effect that is none. --alternate draws days with ppuri's advice on and
off, one of each in every two: write them down before the start, and give them to report effect as
--before (off) and --after (on).

--json prints one object: {"plans":[{"designEffect","looks","looksFactor","perPeriod",
"daysPerPeriod"|null}],"days":[{"day","agent":"on"|"off"}]}.

Examples:
  ppuri report plan --from 3% --to 1.5%
  ppuri report plan --from 3% --to 1.5% --shots-per-day 400 --looks weekly --design-effect 2
  ppuri report plan --alternate 20 --start 2026-04-01 --seed 7`;

const operation = 'report plan';
/** Where the plant's own is not known. */
const usualDesignEffects = [1, 1.5, 2, 3];

function effectFactor(text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError('give a factor from 1');
}

const wrong = (subject: string, message: string, hint: string): PpuriError =>
  new PpuriError('usage', message, { operation, subject, hint });

function plansOf(flags: PlanFlags): ShotPlan[] {
  const { from, to, power, designEffect, shotsPerDay = null, looks } = flags;
  if (from === undefined && to === undefined) return [];
  if (from === undefined || to === undefined)
    throw wrong('--from', 'two rates are needed', 'give --from 3% --to 1.5%');
  if (from === to) throw wrong('--to', 'the two rates are the same', 'give the rate hoped for');
  if (looks === 'weekly' && shotsPerDay === null)
    throw wrong(
      '--shots-per-day',
      'how many looks there are depends on the pace',
      'give the judged shots of a day, e.g. --shots-per-day 400',
    );
  const effects = designEffect === undefined ? usualDesignEffects : [designEffect];
  return effects.map((one) =>
    planShots({ from, to, power, designEffect: one, shotsPerDay, looks: looks ?? 'once' }),
  );
}

function daysOfPlan({ alternate, start, seed }: PlanFlags): AlternationDay[] {
  if (alternate === undefined) return [];
  const [first, ...more] = daysOf(start ?? '', '--start');
  if (first === undefined || more.length > 0)
    throw wrong('--start', 'one day is needed', 'give the first day, e.g. --start 2026-04-01');
  return alternation(first, alternate, seed);
}

function run(output: Output, flags: PlanFlags): void {
  const lang = flags.lang ?? terminalLanguage();
  const [plans, days] = [plansOf(flags), daysOfPlan(flags)];
  if (plans.length + days.length === 0)
    throw wrong(
      'report plan',
      'nothing to plan',
      'give --from and --to, or --alternate and --start',
    );
  if (flags.json === true) {
    output.json({ plans, days });
    return;
  }
  if (plans.length > 0) printPlans(output, flags, plans, lang);
  if (plans.length > 0 && days.length > 0) output.line('');
  if (days.length > 0) printDays(output, days, lang);
}

function printPlans(
  output: Output,
  { from = 0, to = 0, power }: PlanFlags,
  plans: readonly ShotPlan[],
  lang: Language,
): void {
  const ko = lang === 'ko';
  const rates = `${percent(from)} → ${percent(to)}`;
  const chance = percent(power, 0);
  const text = ko
    ? `${rates}를 ${chance} 확률로 드러내려면 기간마다 판정된 샷이 이만큼 필요합니다 (유의수준 5 %, 양측).`
    : `To show ${rates} with a chance of ${chance} (two-sided, 5 %), each period takes so many judged shots.`;
  for (const line of wrapped(text)) output.line(line);
  const right = 'right' as const;
  const columns = [
    {
      ...{ title: ko ? '설계 효과' : 'design effect', align: right },
      text: (plan: ShotPlan) => String(plan.designEffect),
    },
    {
      ...{ title: ko ? '기간별 샷' : 'shots each', align: right },
      text: (plan: ShotPlan) => whole(plan.perPeriod),
    },
    {
      ...{ title: ko ? '기간별 일수' : 'days each', align: right },
      text: ({ daysPerPeriod }: ShotPlan) => (daysPerPeriod === null ? '-' : whole(daysPerPeriod)),
    },
    {
      ...{ title: ko ? '점검 횟수' : 'looks', align: right },
      text: (plan: ShotPlan) => String(plan.looks),
    },
  ];
  for (const line of tableLines(columns, plans)) output.line(`  ${line}`);
}

function printDays(output: Output, days: readonly AlternationDay[], lang: Language): void {
  const of = (agent: AlternationDay['agent']): string =>
    days
      .filter((day) => day.agent === agent)
      .map(({ day }) => day)
      .join(',');
  const ko = lang === 'ko';
  output.line(ko ? '끄는 날 (알림과 조언 없이):' : 'off (without alerts and advice):');
  output.line(`  --before ${of('off')}`);
  output.line(ko ? '켜는 날:' : 'on:');
  output.line(`  --after ${of('on')}`);
}

export function addReportPlan(report: Command): void {
  report
    .command('plan')
    .description('how many shots show a wanted effect; days with ppuri on and off by turns')
    .option('--from <share>', 'defect rate as it is, 3%', share)
    .option('--to <share>', 'defect rate hoped for, 1.5%', share)
    .option('--power <share>', 'chance of showing it', share, 0.8)
    .option('--design-effect <factor>', 'of shots of a day that resemble each other', effectFactor)
    .option('--shots-per-day <n>', 'judged shots of a day', positiveNumber)
    .addOption(new Option('--looks <when>', 'looked at again and again').choices(['weekly']))
    .option('--alternate <days>', 'draw so many days, on and off by turns', positiveNumber)
    .option('--start <day>', 'first of these days')
    .option('--seed <n>', 'draws the same days again', wholeNumber, 1)
    .addOption(new Option('--lang <lang>', 'language of the output').choices(['ko', 'en']))
    .option('--json', 'one JSON object, described below')
    .addHelpText('after', help)
    .action(action(operation, run, ({ lang }: PlanFlags) => lang ?? terminalLanguage()));
}
