/** argv and role → exit code. Each role loads only what it needs: children stay small. */

async function main(): Promise<void> {
  switch (process.env.PPURI_ROLE) {
    case 'infer':
      return (await import('./infer/child.ts')).runInferChild();
    case 'keep':
      return (await import('./store/child.ts')).runKeepChild();
    case 'simulate':
      return (await import('./simulator/child.ts')).runSimulateChild();
    case 'selftest':
      return (await import('./health/selftest.ts')).runSelftestChild();
    default:
      return (await import('./cli/program.ts')).runProgram(process.argv);
  }
}

await main();
