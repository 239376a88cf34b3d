import type { HttpRequestAction } from './actions.ts';
import type { Replay, Settle } from './replay.ts';

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
export function httpCall(
  replay: Pick<Replay, 'activity' | 'timer' | 'now'>,
  request: HttpRequestAction,
  done: Settle,
): void {
  replay.activity(HTTP_ACTIVITY, [request], (event) => {
    const result = JSON.parse(event?.Result ?? 'null') as HttpActivityResult | null;
    const location = result && header(result, 'location');
    if (!request.asynchronousPatternEnabled || result?.statusCode !== 202 || !location) return done(event);
    const seconds = header(result, 'retry-after');
    replay.timer(replay.now + (seconds ? Number(seconds) * 1000 : DEFAULT_POLL_MS), () => {
      const { content: _, ...rest } = request;
      httpCall(replay, { ...rest, method: 'GET', uri: new URL(location, request.uri).href }, done);
    });
  });
}

/** Runs {@link HTTP_ACTIVITY}. */
export async function runHttpActivity([request]: [HttpRequestAction]): Promise<HttpActivityResult> {
  if (request.tokenSource) throw new Error('callHttp with a tokenSource is not supported by this host');
  const answer = await fetch(request.uri, {
    method: request.method,
    headers: request.headers ?? {},
    ...(request.content === undefined ? {} : { body: request.content }),
  });
  return { statusCode: answer.status, headers: Object.fromEntries(answer.headers), content: await answer.text() };
}

function header(result: HttpActivityResult, name: string): string | undefined {
  return Object.entries(result.headers).find(([key]) => key.toLowerCase() === name)?.[1];
}
