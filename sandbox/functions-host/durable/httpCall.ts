import type { HttpRequestAction } from './actions.ts';
import type { Settle, Tasks } from './tasks.ts';
import { traps } from './traps.ts';

/** The activity behind `callHttp`. */
export const HTTP_ACTIVITY = 'BuiltIn::HttpActivity';

const DEFAULT_POLL_MS = 30_000;

/** What {@link HTTP_ACTIVITY} returns; header names as the server sent them. */
export interface HttpActivityResult {
  statusCode: number;
  headers: Record<string, string>;
  content: string;
}

/**
 * `callHttp`: one activity, and while the answer is 202 a timer and a GET of its Location. The extension looks at the
 * Location after the timer; without one the call has failed for it, though not for the SDK.
 */
export function httpCall(tasks: Tasks, request: HttpRequestAction, done: Settle): void {
  tasks.activity(HTTP_ACTIVITY, [request], (event) => {
    const result = JSON.parse(event?.Result ?? 'null') as HttpActivityResult | null;
    if (!request.asynchronousPatternEnabled || result?.statusCode !== 202) return done(event);
    const retryAfter = header(result, 'retry-after');
    if (retryAfter !== undefined && !/^\s*\d+\s*$/.test(retryAfter)) {
      tasks.report(traps.retryAfter(retryAfter));
      return done(event);
    }
    const location = header(result, 'location');
    if (!location || !URL.canParse(location)) tasks.report(traps.pollWithoutLocation(request.uri));
    const delay = retryAfter === undefined ? DEFAULT_POLL_MS : Number(retryAfter) * 1000;
    tasks.timer(tasks.now + delay, () => {
      if (!location || !URL.canParse(location)) return done(event);
      const { method: _, uri: __, content: ___, headers = {}, ...rest } = request;
      httpCall(tasks, { ...rest, method: 'GET', uri: location, headers: withoutKey(headers) }, done);
    });
  });
}

/** A function's key opens that function; the status behind the Location wants another one. */
function withoutKey(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'x-functions-key'));
}

function header(result: HttpActivityResult, name: string): string | undefined {
  return Object.entries(result.headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
