/**
 * Lines to a file descriptor, for a log that must never end its writer: on a full disk or a broken
 * pipe lines are counted, and the count is written once there is room again.
 */
import { writeSync } from 'node:fs';

export type LineSink = (line: string) => void;

/** Writes one line and its newline at once; throws what the descriptor throws. */
type WriteText = (text: string) => void;

function writeAll(fd: number): WriteText {
  return (text) => {
    let rest = Buffer.from(text);
    while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest));
  };
}

/** `write` is injected by tests only. */
export function createLineSink(fd: number, write: WriteText = writeAll(fd)): LineSink {
  let lost = 0;
  return (line) => {
    try {
      if (lost > 0) {
        const at = new Date().toISOString();
        write(
          `\n${JSON.stringify({ at, level: 'error', event: 'log-lines-lost', lines: lost })}\n`,
        );
        lost = 0;
      }
      write(`${line}\n`);
    } catch {
      // There is nowhere left to say it; the count is said when there is.
      lost += 1;
    }
  };
}
