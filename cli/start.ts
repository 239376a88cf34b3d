/** The process around the command line: signals, broken pipes, the exit code. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import { diskError } from '../repository/stores/diskErrors.ts';
import { EXIT } from './io/exitCodes.ts';
import { Interruption } from './io/io.ts';
import { main } from './main.ts';

const stop = new AbortController();
const exitCodeOf = (signal: NodeJS.Signals) => 128 + constants.signals[signal];

/** How often each of the two ways told to stop: a terminal's Ctrl-C comes by both when Node.js was replaced. */
const asked = { directly: 0, byParent: 0 };

function interrupt(signal: NodeJS.Signals, way: keyof typeof asked): void {
  if (++asked[way] > 1) process.exit(exitCodeOf(signal));
  stop.abort(new Interruption('Interrupted.', exitCodeOf(signal)));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt(signal, 'directly'));
if (process.channel) {
  process.on('message', (signal) => interrupt(signal as NodeJS.Signals, 'byParent'));
  process.on('disconnect', () => interrupt('SIGHUP', 'byParent'));
  process.channel.unref();
}

let broken: Interruption | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    broken ??= cannotWrite(error);
    stop.abort(broken);
  });
}

function cannotWrite(error: NodeJS.ErrnoException): Interruption {
  // Nobody reads any longer: what an ordinary program dies of quietly.
  if (error.code === 'EPIPE') return new Interruption('', exitCodeOf('SIGPIPE'));
  return new Interruption(diskError(error, 'write', 'Standard output').message, EXIT.store);
}

const { stdout, stderr, env } = process;
const code = await main(process.argv.slice(2), {
  get stdin() {
    return process.stdin;
  },
  stdout,
  stderr,
  env,
  now: Date.now,
  random: randomBytes,
  signal: stop.signal,
});
// The last words may have reached nobody, which shows only now.
await new Promise((resolve) => stdout.write('', resolve));
if (code === EXIT.ok && broken?.message) stderr.write(`strongroom: ${broken.message}\n`);
process.exit(code === EXIT.ok && broken ? broken.exitCode : code);
