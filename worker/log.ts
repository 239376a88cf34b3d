import { pino, multistream, type Logger } from 'pino';

/** Structured lines to every stream given. What is logged is chosen by its caller: ids, counts and errors, no URLs with queries. */
export function workerLog(attempt: string, streams: NodeJS.WritableStream[]): Logger {
  const options = { base: { attempt }, timestamp: () => `,"time":"${new Date().toISOString()}"` };
  return pino(options, multistream(streams.map((stream) => ({ stream }))));
}
