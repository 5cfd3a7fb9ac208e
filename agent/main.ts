/** argv and role → exit code. Each role loads only what it needs: children stay small. */
import { growSlowly } from './memory.ts';
import { goAsOthers, standBack, standBackUntil } from './priority.ts';

/**
 * A terminal's Ctrl-C and systemd's stop reach every process of the program: its first one decides
 * when the others end, from their first moment on.
 */
function leaveSignalsToParent(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);
}

async function runCommand(): Promise<void> {
  const { interruptedEarly } = await import('./cli/interrupt.ts');
  const early = interruptedEarly(process.argv);
  if (process.argv[2] !== 'run')
    return (await import('./cli/program.ts')).runProgram(process.argv, early);
  growSlowly('loop');
  return (await import('./cli/run-program.ts')).runAgentProgram(process.argv, early);
}

async function main(): Promise<void> {
  const role = process.env.PPURI_ROLE;
  if (role !== undefined && role !== 'selftest') leaveSignalsToParent();
  if (role === 'keep' || role === 'verify') standBack();
  else if (role !== undefined && role !== 'infer') goAsOthers();
  if (role !== undefined) growSlowly(role);
  switch (role) {
    case 'infer':
      return (await import('./infer/child.ts')).runInferChild(standBackUntil());
    case 'keep':
      return (await import('./keep.ts')).runKeep();
    case 'simulate':
      return (await import('./simulator/child.ts')).runSimulateChild();
    case 'receive':
      return (await import('./receive/child.ts')).runReceiveChild();
    case 'verify':
      return (await import('./bundle-child.ts')).runBundleChild();
    case 'train':
      return (await import('./train-child.ts')).runTrainChild();
    case 'count':
      return (await import('./count-child.ts')).runCountChild();
    case 'selftest':
      return (await import('./health/selftest.ts')).runSelftestChild();
    case 'unpack':
      return (await import('../config/unpack.ts')).runUnpack();
    default:
      return runCommand();
  }
}

// Not awaited: the single file is a CommonJS script. A rejection ends the process with 1 either way.
void main();
