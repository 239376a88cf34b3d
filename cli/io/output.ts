import { errorInfo } from '../../model/errors.ts';
import type { Io } from './io.ts';
import { terminalProgress } from './progress.ts';
import type { Progress } from './progress.ts';
import { rateMeter } from './rate.ts';

/** A line of `--json`: what it is about stands in `type`. */
export interface Event {
  type: string;
  [member: string]: unknown;
}

/** Where a command writes. The one place that does. */
export interface Output {
  /** A result: text for people, or an object for machines. */
  result(event: Event, text: string): void;
  /** For machines only, as {@link Output.text} is for people only. */
  event(event: Event): void;
  text(text: string): void;
  /** What a person should know besides, and a script may ignore. */
  note(message: string): void;
  /** How far a long work is; says nothing where nobody would see it. @param unit of what is counted (default bytes) */
  progress(label: string, unit?: 'bytes' | 'objects'): Promise<Progress>;
}

const JSON_EVERY_MS = 1000;

/** @param options json: one object a line. aside: standard output carries an image, so results go to standard error */
export function createOutput(io: Io, { json = false, aside = false } = {}): Output {
  const results = aside ? io.stderr : io.stdout;
  const line = (event: Event) => results.write(`${JSON.stringify(event)}\n`);
  const event = (event: Event): void => void (json && line(event));
  const text = (text: string): void => void (json || results.write(`${text}\n`));
  return {
    result(ofMachines, ofPeople) {
      event(ofMachines);
      text(ofPeople);
    },
    event,
    text,
    note(message) {
      if (json) line({ type: 'note', message });
      else io.stderr.write(`${message}\n`);
    },
    async progress(label, unit = 'bytes') {
      if (json) return jsonProgress({ step: label, unit }, io.now, line);
      return io.stderr.isTTY ? terminalProgress(label, unit, io) : { update: () => undefined, end: () => undefined };
    },
  };
}

function jsonProgress(head: { step: string; unit: string }, now: () => number, line: (event: Event) => void): Progress {
  const meter = rateMeter(now());
  let last = now();
  return {
    update(step) {
      const time = now();
      if (time - last < JSON_EVERY_MS) return;
      last = time;
      const { rate, left } = meter(time, step);
      const secondsLeft = left === undefined ? undefined : Math.round(left);
      line({ type: 'progress', ...head, ...step, rate: Math.round(rate), secondsLeft });
    },
    end: () => undefined,
  };
}

/** Tells why a command failed: to people on standard error, with `json` to machines too. */
export function reportError(io: Io, json: boolean, error: unknown, exitCode: number): void {
  if (json) errorLine(io, error, exitCode);
  const { code, message } = errorInfo(error);
  const unforeseen = code === 'INTERNAL' && error instanceof Error ? error.stack : undefined;
  io.stderr.write(`strongroom: ${unforeseen ? `something unforeseen: ${unforeseen}` : message}\n`);
}

export function errorLine(io: Io, error: unknown, exitCode: number): void {
  io.stdout.write(`${JSON.stringify({ type: 'error', exitCode, ...errorInfo(error) })}\n`);
}
