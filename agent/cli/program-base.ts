/** The command line without its commands, and how one is carried out. */
import { Command, CommanderError } from 'commander';
import { exitCodes } from '../../config/errors.ts';
import packageJson from '../../package.json' with { type: 'json' };

const { version } = packageJson;

export function emptyProgram(): Command {
  return new Command('ppuri')
    .description('predicts defects on casting and injection-molding machines, beside the machine')
    .version(version, '-V, --version')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .showHelpAfterError('(`ppuri help` lists the commands, `ppuri COMMAND --help` shows examples)')
    .exitOverride();
}

/** Sets the exit code; a wrong command line is 2. */
export async function carryOut(program: Command, argv: readonly string[]): Promise<void> {
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
}
