/** A request to the durable HTTP API. */
export interface ApiRequest {
  method: string;
  /** As the client wrote it. */
  url: URL;
  /** The path below the API's base, decoded, without empty parts. */
  path: string[];
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface ApiReply {
  status: number;
  /** To be sent as JSON; undefined: none. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** Request and reply header of lists. */
export const CONTINUATION = 'x-ms-continuation-token';

/** An error as ASP.NET prints it. `exception`: the .NET exception behind it. */
export function apiError(status: number, message: string, exception?: { type: string; message: string }): ApiReply {
  const details = exception && { ExceptionMessage: exception.message, ExceptionType: exception.type };
  return { status, body: { Message: message, ...details } };
}
