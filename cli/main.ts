import { Command, CommanderError } from 'commander';
import { errorInfo, StrongroomError } from '../model/errors.ts';
import { EXIT, exitCodeOf } from './io/exitCodes.ts';
import { Interruption } from './io/io.ts';
import type { Io } from './io/io.ts';
import { errorLine, reportError } from './io/output.ts';
import { repoCommand } from './repo/index.ts';
import { helpOrder } from './repo/options.ts';
import manifest from '../package.json' with { type: 'json' };

/**
 * Runs the command line. Never throws: what goes wrong is told on standard error.
 * @param args what stands behind the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const json = args.includes('--json');
  try {
    await program(io).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Whatever else failed, failed because of it.
    const reason: unknown = io.signal.aborted ? io.signal.reason : error;
    if (reason instanceof Interruption) {
      if (reason.message) reportError(io, json, new StrongroomError('CANCELLED', reason.message), reason.exitCode);
      return reason.exitCode;
    }
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.ok; // --help, --version
      if (json) errorLine(io, new StrongroomError('INVALID_INPUT', error.message), EXIT.input); // The text is written.
      return EXIT.input;
    }
    const exitCode = exitCodeOf(errorInfo(error).code);
    reportError(io, json, error, exitCode);
    return exitCode;
  }
}

function program(io: Io): Command {
  const top = new Command('strongroom')
    .description('Backups of disks in an open, encrypted, deduplicated repository.')
    .version(manifest.version)
    .addCommand(repoCommand(io));
  for (const command of withSubcommands(top)) {
    command
      .exitOverride()
      .configureHelp(helpOrder)
      .showHelpAfterError('(--help lists what there is)')
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: (text) => io.stderr.write(text),
        outputError: (text, write) => write(text.replace(/^error: /, 'strongroom: ')),
        getOutHelpWidth: () => io.stdout.columns ?? 100,
        getErrHelpWidth: () => io.stderr.columns ?? 100,
      });
  }
  return top;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
