import { escapeXml } from '../../core/xml.ts';

/** An error of the blob service: its documented code and status, as the XML body and `x-ms-error-code` name them. */
export class BlobError extends Error {
  readonly status: number;
  readonly code: string;
  /** Further elements of the body: what was wrong (`HeaderName`, `AuthenticationErrorDetail`, …). */
  readonly fields: Record<string, string>;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { fields?: Record<string, string>; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = 'BlobError';
    this.status = status;
    this.code = code;
    this.fields = more.fields ?? {};
    this.headers = more.headers ?? {};
  }
}

/** 403: no, wrong, expired or revoked signature. */
export function authenticationFailed(detail: string): BlobError {
  return new BlobError(
    403,
    'AuthenticationFailed',
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
    { fields: { AuthenticationErrorDetail: detail } },
  );
}

/** 400: a header's value is not in the correct format. */
export function invalidHeader(name: string, value: string): BlobError {
  return new BlobError(
    400,
    'InvalidHeaderValue',
    'The value for one of the HTTP headers is not in the correct format.',
    { fields: { HeaderName: name, HeaderValue: value } },
  );
}

/** 400 (or 411 for the length): a header that must be there is not. */
export function missingHeader(name: string): BlobError {
  if (name === 'Content-Length') {
    return new BlobError(411, 'MissingContentLengthHeader', 'Content-Length HTTP header is missing.');
  }
  return new BlobError(
    400,
    'MissingRequiredHeader',
    "An HTTP header that's mandatory for this request is not specified.",
    { fields: { HeaderName: name } },
  );
}

/** 400: a query parameter's value means nothing. */
export function invalidQuery(name: string, value: string): BlobError {
  return new BlobError(
    400,
    'InvalidQueryParameterValue',
    'Value for one of the query parameters specified in the request URI is invalid.',
    { fields: { QueryParameterName: name, QueryParameterValue: value } },
  );
}

/** The error as the service writes it. */
export function errorXml(error: BlobError, requestId: string, time: string): string {
  const fields = Object.entries(error.fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    `<Error><Code>${error.code}</Code>` +
    `<Message>${escapeXml(error.message)}\nRequestId:${requestId}\nTime:${time}</Message>${fields.join('')}</Error>`
  );
}
