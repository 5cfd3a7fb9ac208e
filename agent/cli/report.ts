/** `ppuri report …`: figures to show to others, one file a report. */
import type { Command } from 'commander';
import { addCarbon } from './report-carbon.ts';
import { addReportEffect } from './report-effect.ts';
import { addReportEnergy } from './report-energy.ts';
import { addFurnace } from './report-furnace.ts';
import { addKesg } from './report-kesg.ts';
import { addReportOee } from './report-oee.ts';
import { addReportPlan } from './report-plan.ts';

export function addReport(program: Command): void {
  const report = program
    .command('report')
    .description(
      'figures to show to others: effect, energy, OEE, emissions, K-ESG evidence, furnaces',
    )
    .enablePositionalOptions();
  addReportEffect(report);
  addReportPlan(report);
  addReportEnergy(report);
  addCarbon(report);
  addFurnace(report);
  addKesg(report);
  addReportOee(report);
}
