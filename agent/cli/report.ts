/** `ppuri report …`: figures to show to others. */
import type { Command } from 'commander';
import { addReportEnergy } from './report-energy.ts';

export function addReport(program: Command): void {
  const report = program.command('report').description('figures to show to others: energy');
  addReportEnergy(report);
}
