import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { RULES_HEADER } from '../azurite/rules.ts';
import { sendTo } from '../dataPlane.ts';
import { rulesOf } from '../rules.ts';
import { admit } from './admission.ts';
import { errorAnswer, type Refusal } from './errors.ts';
import { operationOf } from './operations.ts';
import type { Exchange, StorageParts } from './parts.ts';

/** "Blob Batch": up to 256 requests, all of one kind. */
const MOST = 256;

interface Part {
  id: string;
  method: string;
  path: string;
  headers: Record<string, string>;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/**
 * Blob Batch: each request in it is admitted and answered as if it had come alone, with the rules of its own container.
 * Undefined: answered.
 */
export async function answerBatch(
  batch: Exchange,
  response: ServerResponse,
  parts: StorageParts,
): Promise<Refusal | undefined> {
  const request = batch.request as IncomingMessage;
  const boundary = /boundary="?([^";]+)"?/i.exec(request.headers['content-type'] ?? '')?.[1];
  const body = await text(request);
  const found = boundary === undefined ? [] : partsOf(body, boundary);
  if (found.length === 0 || found.length > MOST) {
    return { status: 400, code: 'InvalidInput', message: `A batch has from 1 to ${MOST} requests.` };
  }
  const wrong = found.find(({ method, path }) => method !== 'DELETE' && !/[?&]comp=tier\b/.test(path));
  if (wrong) {
    const message = `${wrong.method} ${wrong.path} cannot stand in a batch: only Delete Blob and Set Blob Tier can.`;
    return { status: 400, code: 'InvalidInput', message };
  }
  const answers = [];
  for (const part of found) answers.push(partAnswer(part.id, await answerPart(batch, part, parts)));
  const mark = `batchresponse_${randomUUID()}`;
  const all = `${answers.map((answer) => `--${mark}\r\n${answer}`).join('')}--${mark}--\r\n`;
  response.writeHead(202, {
    'content-type': `multipart/mixed; boundary=${mark}`,
    'content-length': Buffer.byteLength(all),
    'x-ms-request-id': randomUUID(),
    'x-ms-version': request.headers['x-ms-version'],
  });
  response.end(all);
  return undefined;
}

function partsOf(body: string, boundary: string): Part[] {
  const pieces = body.split(`--${boundary}`).slice(1, -1);
  return pieces.flatMap((piece) => {
    const [outer = '', ...rest] = piece.trimStart().split(/\r?\n\r?\n/);
    const [line = '', ...lines] = rest.join('\r\n\r\n').trim().split(/\r?\n/);
    const [, method, path] = /^([A-Z]+) (\S+) HTTP/.exec(line) ?? [];
    if (method === undefined || path === undefined) return [];
    return [{ id: headersOf(outer.split(/\r?\n/))['content-id'] ?? '', method, path, headers: headersOf(lines) }];
  });
}

function headersOf(lines: string[]): Record<string, string> {
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name.toLowerCase(), value!]];
    }),
  );
}

async function answerPart(batch: Exchange, part: Part, parts: StorageParts): Promise<Answer> {
  const { account, context } = batch;
  const { world, secrets, azurite } = parts;
  const url = new URL(part.path, `https://${context.host}`);
  const { method, headers } = part;
  const operation = operationOf({ kind: 'blob', method, url, headers });
  const { refusal } = admit({ request: { method, headers }, context, account, kind: 'blob', url, operation }, parts);
  if (refusal) return errorAnswer('blob', refusal, world.clock.iso());
  const rules = rulesOf(world, secrets, { account, kind: 'blob', container: operation.container });
  const version = batch.request.headers['x-ms-version']?.toString() ?? '';
  await azurite.ready();
  return sendTo(azurite.ports().blob, {
    method,
    path: `${url.pathname}${url.search}`,
    headers: { 'x-ms-version': version, ...headers, host: context.host, [RULES_HEADER]: JSON.stringify(rules) },
  });
}

/** Headers of a connection mean nothing inside a body. */
const LEFT_OUT = ['connection', 'keep-alive', 'transfer-encoding', 'date'];

function partAnswer(id: string, { status, headers, body }: Answer): string {
  const lines = Object.entries(headers)
    .filter(([name]) => !LEFT_OUT.includes(name))
    .map(([name, value]) => `${name}: ${String(value)}`);
  const head = [
    `Content-Type: application/http`,
    `Content-ID: ${id}`,
    '',
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
  ];
  return `${[...head, ...lines, '', body].join('\r\n')}\r\n`;
}
