/** A secret typed at the terminal, unseen, or out of a file; never an argument that `ps` shows. */
import { readFileSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { exitCodes, PpuriError } from '../../config/errors.ts';

const fileMost = 4096;

function wrong(message: string, subject: string, hint: string): PpuriError {
  return new PpuriError('usage', message, { operation: 'read a password', subject, hint });
}

/** The first line of the file at `path`. Throws `usage`. */
export function secretOf(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw wrong(`the password file cannot be read: ${why}`, path, 'name a file that is there');
  }
  const [first = ''] = text.split(/\r?\n/, 1);
  if (first === '' || text.length > fileMost)
    throw wrong('the password file has no password', path, 'its first line is the password');
  return first;
}

/** What was typed so far, after one more character; null: it ends here. */
function afterKey(typed: string, key: string): string | null {
  if (key === '\r' || key === '\n' || key === '\u0004') return null;
  if (key === '\u007f' || key === '\b') return [...typed].slice(0, -1).join('');
  if (key === '\u0015') return '';
  return key < ' ' ? typed : typed + key;
}

/** Resolves with what is typed until Enter, null for Ctrl-C; rejects when the terminal is gone. */
function readTyped(stdin: NodeJS.ReadStream): Promise<string | null> {
  const decoder = new StringDecoder('utf8');
  return new Promise((resolve, reject) => {
    let typed = '';
    const stop = (): void => void stdin.off('data', take).off('end', gone).pause();
    const end = (secret: string | null): void => {
      stop();
      resolve(secret);
    };
    const take = (chunk: Buffer): void => {
      for (const key of decoder.write(chunk)) {
        const next = key === '\u0003' ? null : afterKey(typed, key);
        if (next === null) {
          end(key === '\u0003' ? null : typed);
          return;
        }
        typed = next;
      }
    };
    const gone = (): void => {
      stop();
      reject(wrong('the terminal is gone', 'stdin', 'give --password-file FILE'));
    };
    stdin.on('data', take).on('end', gone).resume();
  });
}

/** Asks on stderr. Throws `usage` where there is no terminal; Ctrl-C ends the program. */
export async function askSecret(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY)
    throw wrong('there is no terminal to ask at', 'stdin', 'give --password-file FILE');
  // Before the prompt: whoever types at once is not to be shown either.
  stdin.setRawMode(true);
  stderr.write(`${prompt}: `);
  let secret: string | null;
  try {
    secret = await readTyped(stdin);
  } finally {
    stdin.setRawMode(false);
    stderr.write('\n');
  }
  return secret ?? process.exit(exitCodes.interrupted);
}
