/** Counts a vitest run the way its last line says it. */
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Tests left out of one file, with the reasons given (`ctx.skip(reason)`). */
export interface LeftOut {
  readonly file: string;
  readonly count: number;
  readonly reasons: readonly string[];
}

export class Summary implements Reporter {
  readonly counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  readonly leftOut: LeftOut[] = [];
  reason: TestRunEndReason = 'interrupted';

  /** A file that does not load, and an error outside any test, each count as one failure. */
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly unknown[],
    reason: TestRunEndReason,
  ): void {
    this.reason = reason;
    this.counts.failed += unhandled.length;
    for (const module of modules) this.add(module);
  }

  private add(module: TestModule): void {
    let skipped = 0;
    const reasons = new Set<string>();
    if (module.errors().length > 0) this.counts.failed += 1;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') this.counts.passed += 1;
      else if (result.state === 'failed') this.counts.failed += 1;
      else {
        skipped += 1;
        if (result.state === 'skipped' && result.note !== undefined) reasons.add(result.note);
      }
    }
    this.counts.skipped += skipped;
    if (skipped === 0) return;
    this.leftOut.push({ file: module.relativeModuleId, count: skipped, reasons: [...reasons] });
  }
}

/** What was left out and why, then the counts alone on the last line. */
export function summaryLines({ counts, leftOut }: Summary): string[] {
  const lines = leftOut.map(({ file, count, reasons }) => {
    const why = reasons.length > 0 ? reasons.join('; ') : 'no reason given';
    return `left out: ${count} of ${file}: ${why}`;
  });
  return [...lines, `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`];
}
