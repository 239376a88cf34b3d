/** A request to the durable HTTP API. */
export interface ApiRequest {
  method: string;
  /** The path below the API's base, decoded, without empty parts. */
  path: string[];
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface ApiReply {
  status: number;
  /** To be sent as JSON; undefined: none. */
  body?: unknown;
  headers?: Record<string, string>;
}
