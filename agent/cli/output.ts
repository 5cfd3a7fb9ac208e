/** What every command shares: where it writes, how it fails, whether it may use colour. */
import { exitCodes, PpuriError } from '../../config/errors.ts';
import { koreanNote } from '../survey/notes.ts';
import { koreanError } from './error-words.ts';
import type { Language } from './words.ts';

export interface Output {
  /** One line of result, on stdout. */
  line(text: string): void;
  /** One line about the work, on stderr. */
  note(text: string): void;
  /** One JSON object on one line, on stdout. */
  json(value: unknown): void;
  readonly color: boolean;
  /** Resolves when stdout takes no more, as after `| head`; what is written then is dropped. */
  readonly closed: Promise<void>;
}

/**
 * Settles when `stream` takes no more: its reader went away, which is nobody's fault, or the disk
 * behind it is full, which is a failure of the command.
 */
function streamEnded(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') {
        process.exitCode = exitCodes.checkFailed;
        const to = stream === process.stdout ? process.stderr : process.stdout;
        if (to.writable) to.write(`error: the output cannot be written: ${error.message}\n`);
      }
      resolve();
    });
  });
}

/** Colour only on a terminal and without NO_COLOR. */
export function createOutput(
  stdout: NodeJS.WriteStream = process.stdout,
  stderr: NodeJS.WriteStream = process.stderr,
): Output {
  const write = (stream: NodeJS.WriteStream, text: string): void => {
    if (stream.writable) stream.write(`${text}\n`);
  };
  void streamEnded(stderr);
  return {
    line: (text) => write(stdout, text),
    note: (text) => write(stderr, text),
    json: (value) => write(stdout, JSON.stringify(value)),
    color: stdout.isTTY === true && process.env.NO_COLOR === undefined,
    closed: streamEnded(stdout),
  };
}

/** Any thrown value as a PpuriError; the unexpected ones become `internal`. */
export function asPpuriError(thrown: unknown, operation: string): PpuriError {
  if (thrown instanceof PpuriError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new PpuriError('internal', message, {
    operation,
    subject: 'ppuri',
    hint: 'please report this with the command line and `ppuri doctor`',
    cause: thrown,
  });
}

const leadWords = {
  ko: { what: '오류', while: '하던 일', do: '조치' },
  en: { what: 'error', while: 'while', do: 'do' },
} as const;

/** What, where and what to do. */
export function failureLines(error: PpuriError, lang: Language): string[] {
  const lead = leadWords[lang];
  const message =
    lang === 'ko' ? (koreanError(error.message) ?? koreanNote(error.message)) : error.message;
  const hint = lang === 'ko' ? (koreanError(error.hint) ?? error.hint) : error.hint;
  return [
    `${lead.what}: ${message}`,
    `  ${lead.while}: ${error.operation} (${error.subject})`,
    ...(hint === '' ? [] : [`  ${lead.do}: ${hint}`]),
  ];
}

/** Says what, where and what to do, and sets the exit code of the process. */
export function reportFailure(
  error: PpuriError,
  asJson: boolean,
  output: Output,
  lang: Language = 'en',
): void {
  if (asJson) {
    const { code, message, operation, subject, hint, retryable } = error;
    output.json({ error: { code, message, operation, subject, hint, retryable } });
  } else {
    for (const line of failureLines(error, lang)) output.note(line);
    if (error.code === 'internal' && error.cause instanceof Error)
      output.note(`${error.cause.stack}`);
  }
  process.exitCode = error.exit;
}

/**
 * Wraps a command's action: failures are reported and become the exit code.
 * `--json` is looked for on the command's own options. `languageOf`: of the failure; English without.
 */
export function action<A extends unknown[]>(
  operation: string,
  run: (output: Output, ...args: A) => Promise<void> | void,
  languageOf: (...args: A) => Language = () => 'en',
): (...args: A) => Promise<void> {
  return async (...args) => {
    const output = createOutput();
    const asJson = args.some(
      (arg) => typeof arg === 'object' && arg !== null && 'json' in arg && arg.json === true,
    );
    try {
      await run(output, ...args);
    } catch (thrown) {
      reportFailure(asPpuriError(thrown, operation), asJson, output, languageOf(...args));
    }
  };
}
