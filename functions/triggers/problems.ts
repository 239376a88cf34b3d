import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { Problem } from '../../model/api.ts';
import { errorInfo, type ErrorCode, type ErrorInfo } from '../../model/errors.ts';
import { withRefusalsWayOut } from '../../model/site/wayOut.ts';

/** The one place where an error becomes an HTTP status. */
const statuses: Partial<Record<ErrorCode, [status: number, title: string]>> = {
  INVALID_INPUT: [400, 'The request is wrong'],
  NOT_FOUND: [404, 'Not found'],
  RESOURCE_BUSY: [409, 'Another session works on it'],
  ALREADY_EXISTS: [409, 'It exists already'],
  UNSUPPORTED: [422, 'Not possible for this resource'],
  PERMISSION_MISSING: [502, 'Azure refused: the appliance lacks a permission'],
  AZURE_REFUSED: [502, 'Azure refused'],
  AZURE_UNAVAILABLE: [503, 'Azure does not answer'],
};

/** An error as an RFC 9457 problem document. Details (a session's id, Azure's code) stand beside the standard members. */
export function problem(info: ErrorInfo): HttpResponseInit {
  const [status, title] = statuses[info.code] ?? [500, 'Strongroom failed'];
  const body: Problem = { ...info.details, type: 'about:blank', title, status, detail: info.message, code: info.code };
  return problemResponse(status === 503 ? { 'retry-after': '30' } : {}, body);
}

export const unauthenticated = problemResponse(
  {},
  {
    type: 'about:blank',
    title: 'Not signed in',
    status: 401,
    detail: 'Sign in with Microsoft Entra: send a bearer token for this application.',
    code: 'UNAUTHENTICATED',
  },
);

/**
 * A handler behind App Service authentication: without the principal that it sets there is no answer but 401, and what
 * the handler throws becomes a problem document.
 */
export function guarded(
  handler: (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>,
): (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit> {
  return async (request, context) => {
    if (!request.headers.get('x-ms-client-principal')) return unauthenticated;
    try {
      return await handler(request, context);
    } catch (error) {
      const info = withRefusalsWayOut(errorInfo(error));
      const answer = problem(info);
      if (answer.status === 500) context.error(`${context.functionName} failed: ${info.code}: ${info.message}`);
      return answer;
    }
  };
}

function problemResponse(headers: Record<string, string>, body: Problem): HttpResponseInit {
  return {
    status: body.status,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: JSON.stringify(body),
  };
}
