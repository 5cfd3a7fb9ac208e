/** The command line: every command registers itself here. */
import type { Command } from 'commander';
import { forkRole } from '../role.ts';
import { activate, rollBack } from './activate.ts';
import { addAlerts } from './alerts.ts';
import { addBacktest } from './backtest.ts';
import { addBackup } from './backup.ts';
import { addBench } from './bench.ts';
import { addCheck } from './check.ts';
import { addCompletion } from './completion.ts';
import { addCycles } from './cycles.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { addInit } from './init.ts';
import { addInstall } from './install.ts';
import type { Interruption } from './interrupt.ts';
import { addLabel } from './label.ts';
import { addLedger } from './ledger.ts';
import { addModel } from './model.ts';
import { addPanel } from './panel.ts';
import { addProbe } from './probe.ts';
import { carryOut, emptyProgram } from './program-base.ts';
import { addQuality } from './quality.ts';
import { addRead } from './read.ts';
import { addReceive } from './receive.ts';
import { addReport } from './report.ts';
import { addRun } from './run.ts';
import { addScan } from './scan.ts';
import { addSimulate } from './simulate.ts';
import { addStatus } from './status.ts';
import { addStops } from './stops.ts';
import { addTrain } from './train.ts';
import { addUpdate } from './update.ts';
import { addWatch } from './watch.ts';

/** `early`: listens to signals since before this was loaded, for the commands that end in order. */
export function createProgram(early: Interruption | null = null): Command {
  const program = emptyProgram();
  addDemo(program, early);
  addRun(program, early);
  addInit(program);
  addCheck(program);
  addScan(program);
  addRead(program);
  addProbe(program);
  addStatus(program);
  addWatch(program);
  addCycles(program);
  addAlerts(program);
  addLabel(program);
  addQuality(program);
  addStops(program);
  addReport(program);
  addPanel(program);
  addLedger(program);
  addReceive(program);
  addBackup(program);
  addSimulate(program);
  addModel(program, { fork: forkRole, use: activate, rollBack });
  addBacktest(program);
  addTrain(program);
  addDoctor(program);
  addBench(program, early);
  addInstall(program);
  addUpdate(program);
  addCompletion(program);
  return program;
}

/** Runs `argv` (as process.argv) and sets the exit code; a wrong command line is 2. */
export function runProgram(
  argv: readonly string[],
  early: Interruption | null = null,
): Promise<void> {
  return carryOut(createProgram(early), argv);
}
