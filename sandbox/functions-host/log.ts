import { openSync, writeSync } from 'node:fs';
import type { LogLevel } from './app/coreModule.ts';

/** Writes one line. */
export type Logger = (level: LogLevel, message: string, more?: Record<string, unknown>) => void;

/** Appends JSON lines `{time, level, message, …}`. Written at once: a killed process must not take its last words along. */
export function openLog(file: string): Logger {
  const descriptor = openSync(file, 'a');
  return (level, message, more = {}) => {
    writeSync(descriptor, `${JSON.stringify({ time: new Date().toISOString(), level, message, ...more })}\n`);
  };
}
