// Lets `node:dns` answer from the caller's network, as the resolver of a machine or app does: the sandbox is asked at
// SANDBOX_RESOLVER. Addresses are IPv4; records of other kinds are not there (ENODATA).
import dns from 'node:dns';
import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';

/** @param {string} resolver URL */
export function answerNames(resolver) {
  const realLookup = dns.lookup;
  const request = http.request;

  const failure = (code, syscall, hostname) =>
    Object.assign(new Error(`${syscall} ${code}${hostname ? ` ${hostname}` : ''}`), {
      errno: code === 'ENOTFOUND' && syscall === 'getaddrinfo' ? -3008 : undefined,
      code,
      syscall,
      hostname,
    });

  /** @returns {Promise<{ addresses: string[], aliases: string[] }>} */
  const ask = (hostname, syscall) =>
    new Promise((resolve, reject) => {
      const url = `${resolver}?name=${encodeURIComponent(hostname)}`;
      // An agent of its own: that of the process may lead through a proxy.
      const asked = request(url, { agent: new http.Agent() }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(failure('ENOTFOUND', syscall, hostname));
        });
      });
      asked.on('error', () => reject(failure('EAI_AGAIN', syscall, hostname)));
      asked.end();
    });

  const isLocal = (hostname) => !hostname || isIP(hostname) !== 0 || /(^|\.)localhost\.?$/i.test(hostname);

  const find = async (hostname, options) => {
    const { all = false, family = 0 } = typeof options === 'number' ? { family: options } : (options ?? {});
    const { addresses } = await ask(hostname, 'getaddrinfo');
    if (family === 6 || family === 'IPv6' || addresses.length === 0)
      throw failure('ENOTFOUND', 'getaddrinfo', hostname);
    const found = addresses.map((address) => ({ address, family: 4 }));
    return all ? found : found[0];
  };

  const lookup = (hostname, options, callback) => {
    const [given, done] = typeof options === 'function' ? [{}, options] : [options, callback];
    if (isLocal(hostname)) return realLookup(hostname, given, done);
    find(hostname, given).then(
      (found) => process.nextTick(() => (Array.isArray(found) ? done(null, found) : done(null, found.address, 4))),
      (error) => process.nextTick(() => done(error)),
    );
    return {};
  };
  const realPromisedLookup = dns.promises.lookup;
  const promisedLookup = (hostname, options) =>
    isLocal(hostname) ? realPromisedLookup(hostname, options) : find(hostname, options);
  Object.defineProperty(lookup, Symbol.for('nodejs.util.promisify.custom'), { value: promisedLookup });

  const queries = {
    async A(hostname, options) {
      const { addresses } = await ask(hostname, 'queryA');
      return options?.ttl ? addresses.map((address) => ({ address, ttl: 10 })) : addresses;
    },
    async CNAME(hostname) {
      const { aliases } = await ask(hostname, 'queryCname');
      if (aliases.length === 0) throw failure('ENODATA', 'queryCname', hostname);
      return aliases.slice(0, 1);
    },
  };
  const query = async (type, hostname, options) => {
    if (queries[type]) return queries[type](hostname, options);
    await ask(hostname, `query${type}`);
    throw failure('ENODATA', `query${type[0]}${type.slice(1).toLowerCase()}`, hostname);
  };
  const typeOf = (name) => ({ resolve4: 'A', resolve6: 'AAAA' })[name] ?? name.slice('resolve'.length).toUpperCase();
  const names = ['4', '6', 'Any', 'Caa', 'Cname', 'Mx', 'Naptr', 'Ns', 'Ptr', 'Soa', 'Srv', 'Tlsa', 'Txt'];

  const promised = Object.fromEntries(
    names.map((name) => [`resolve${name}`, (host, options) => query(typeOf(`resolve${name}`), host, options)]),
  );
  promised.resolve = (host, type = 'A') => query(type.toUpperCase(), host);
  const called = Object.fromEntries(
    Object.entries(promised).map(([name, method]) => [
      name,
      (...args) => {
        const done = args.pop();
        method(...args).then(
          (found) => process.nextTick(() => done(null, found)),
          (error) => process.nextTick(() => done(error)),
        );
      },
    ]),
  );

  Object.assign(dns, { lookup }, called);
  Object.assign(dns.promises, { lookup: promisedLookup }, promised);
  Object.assign(dns.Resolver.prototype, called);
  Object.assign(dns.promises.Resolver.prototype, promised);
  syncBuiltinESMExports();
}
