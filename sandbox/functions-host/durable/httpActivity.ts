import type { HttpRequestAction } from './actions.ts';
import type { HttpActivityResult } from './httpCall.ts';

/** Runs the activity behind `callHttp`. */
export async function runHttpActivity([request]: [HttpRequestAction]): Promise<HttpActivityResult> {
  if (request.tokenSource) throw new Error('callHttp with a tokenSource is not supported by this host');
  const answer = await fetch(request.uri, {
    method: request.method,
    headers: request.headers ?? {},
    ...(request.content === undefined ? {} : { body: request.content }),
  });
  return { statusCode: answer.status, headers: Object.fromEntries(answer.headers), content: await answer.text() };
}
