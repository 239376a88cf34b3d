import type { HttpRequestAction } from './actions.ts';
import type { Settle, Tasks } from './tasks.ts';

/** The activity behind `callHttp`. */
export const HTTP_ACTIVITY = 'BuiltIn::HttpActivity';

const DEFAULT_POLL_MS = 30_000;

/** What {@link HTTP_ACTIVITY} returns; header names as the server sent them. */
export interface HttpActivityResult {
  statusCode: number;
  headers: Record<string, string>;
  content: string;
}

/** `callHttp`: one activity, and while the answer is 202 with a Location: a timer and the next GET. */
export function httpCall(tasks: Tasks, request: HttpRequestAction, done: Settle): void {
  tasks.activity(HTTP_ACTIVITY, [request], (event) => {
    const result = JSON.parse(event?.Result ?? 'null') as HttpActivityResult | null;
    const location = result && header(result, 'location');
    if (!request.asynchronousPatternEnabled || result?.statusCode !== 202 || !location) return done(event);
    const seconds = header(result, 'retry-after');
    tasks.timer(tasks.now + (seconds ? Number(seconds) * 1000 : DEFAULT_POLL_MS), () => {
      const { content: _, ...rest } = request;
      httpCall(tasks, { ...rest, method: 'GET', uri: new URL(location, request.uri).href }, done);
    });
  });
}

function header(result: HttpActivityResult, name: string): string | undefined {
  return Object.entries(result.headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
