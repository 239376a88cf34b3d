import { escapeXml } from '../../core/xml.ts';

/** An error of the blob service: its documented code and status, as the XML body and `x-ms-error-code` name them. */
export class BlobError extends Error {
  readonly status: number;
  readonly code: string;
  /** `AuthenticationErrorDetail` of the body. */
  readonly detail: string | undefined;

  constructor(status: number, code: string, message: string, detail?: string) {
    super(message);
    this.name = 'BlobError';
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** 403: no, wrong, expired or revoked signature. */
export function authenticationFailed(detail: string): BlobError {
  return new BlobError(
    403,
    'AuthenticationFailed',
    'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.',
    detail,
  );
}

/** 400: a header's value is not in the correct format. */
export function invalidHeader(name: string, value: string): BlobError {
  return new BlobError(
    400,
    'InvalidHeaderValue',
    `The value for one of the HTTP headers is not in the correct format. (${name}: ${value})`,
  );
}

/** The error as the service writes it. */
export function errorXml(error: BlobError, requestId: string, time: string): string {
  const detail = error.detail
    ? `<AuthenticationErrorDetail>${escapeXml(error.detail)}</AuthenticationErrorDetail>`
    : '';
  return (
    '<?xml version="1.0" encoding="utf-8"?>' +
    `<Error><Code>${error.code}</Code>` +
    `<Message>${escapeXml(error.message)}\nRequestId:${requestId}\nTime:${time}</Message>${detail}</Error>`
  );
}
