// Stand-in for curl on hosts without it: the options that scripts use to fetch and send files over HTTPS.
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const flag = { type: 'boolean' };
const text = { type: 'string' };

/** Lines of a config file (`url = "…"`, `header = "…"`, `silent`) as arguments. */
function configured(file) {
  return readFileSync(file === '-' ? 0 : file, 'utf8')
    .split('\n')
    .map((line) => /^\s*-{0,2}([\w.-]+)\s*(?:[=:\s]\s*(?:"((?:[^"\\]|\\.)*)"|(.*?)))?\s*$/.exec(line))
    .filter(Boolean)
    .map(([, name, quoted, bare]) => ({ name, value: quoted?.replace(/\\(.)/g, '$1') ?? bare }))
    .flatMap(({ name, value }) => (name === 'url' ? [value] : value ? [`--${name}=${value}`] : [`--${name}`]));
}

const given = process.argv.slice(2);
const config = given.findIndex((argument) => argument === '--config' || argument === '-K');
if (config >= 0) given.splice(config, 2, ...configured(given[config + 1]));
const { values, positionals } = parseArgs({
  args: given,
  allowPositionals: true,
  options: {
    fail: { ...flag, short: 'f' },
    silent: { ...flag, short: 's' },
    'show-error': { ...flag, short: 'S' },
    location: { ...flag, short: 'L' },
    output: { ...text, short: 'o' },
    request: { ...text, short: 'X' },
    header: { ...text, short: 'H', multiple: true },
    data: { ...text, short: 'd' },
    'data-binary': text,
    'upload-file': { ...text, short: 'T' },
    'max-time': { ...text, short: 'm' },
    'connect-timeout': text,
    retry: text,
    'retry-delay': text,
    'retry-max-time': text,
    'retry-all-errors': flag,
    'retry-connrefused': flag,
    proto: text,
    'proto-redir': text,
    'tlsv1.2': flag,
    'fail-with-body': flag,
  },
});

function end(code, message) {
  if (message && (!values.silent || values['show-error'])) console.error(`curl: (${code}) ${message}`);
  process.exit(code);
}

const url = positionals[0];
if (positionals.length !== 1) end(2, 'one URL, please');
const protocol = new URL(url).protocol.replace(':', '');
if (values.proto && !values.proto.replace('=', '').split(',').includes(protocol))
  end(1, `Protocol "${protocol}" disabled`);

async function once() {
  const body = values.data ?? values['data-binary'];
  const upload = values['upload-file'];
  const init = {
    method: values.request ?? (upload ? 'PUT' : body === undefined ? 'GET' : 'POST'),
    redirect: values.location ? 'follow' : 'manual',
    headers: Object.fromEntries(
      (values.header ?? []).map((h) => [h.slice(0, h.indexOf(':')), h.slice(h.indexOf(':') + 1).trim()]),
    ),
  };
  if (values['max-time']) init.signal = AbortSignal.timeout(Number(values['max-time']) * 1000);
  if (upload) {
    init.body = Readable.toWeb(createReadStream(upload));
    init.duplex = 'half';
    init.headers['content-length'] = String((await stat(upload)).size);
  } else if (body !== undefined) init.body = body.startsWith('@') ? readFileSync(body.slice(1)) : body;
  const response = await fetch(url, init);
  if (response.status >= 400 && (values.fail || values['fail-with-body'])) {
    return {
      retry: response.status >= 500 || response.status === 408 || response.status === 429,
      code: 22,
      message: `The requested URL returned error: ${response.status}`,
    };
  }
  const sink = values.output ? createWriteStream(values.output) : process.stdout;
  if (response.body) await pipeline(Readable.fromWeb(response.body), sink, { end: Boolean(values.output) });
  return undefined;
}

for (let left = Number(values.retry ?? 0); ; left -= 1) {
  const problem = await once().catch((error) => ({ retry: true, code: 7, message: String(error.cause ?? error) }));
  if (!problem) end(0);
  if (left <= 0 || !(problem.retry || values['retry-all-errors'])) end(problem.code, problem.message);
  await delay(Number(values['retry-delay'] ?? 1) * 1000);
}
