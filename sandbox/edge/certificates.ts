import 'reflect-metadata'; // @peculiar/x509 needs it loaded first
import { randomUUID, webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import * as x509 from '@peculiar/x509';
import type { StoredMap } from '../core/state.ts';

/** A world's certificate authority. Leaf certificates are made once per host; all share one key. */
export interface CertificateAuthority {
  /** PEM file of the authority's certificate, for clients to trust. */
  caFile: string;
  /** The TLS context that serves a host (a name or an address), made at its first use. */
  contextFor(host: string): Promise<SecureContext>;
}

/** An authority as it is kept: PEM texts. */
export interface AuthorityFacts {
  certificate: string;
  key: string;
}

// Wide on both sides: certificate checks use the machine's clock, which the sandbox cannot move, and JavaScript
// clients may compare with the sandbox's, which moves by years.
const validity = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2049-12-31T00:00:00Z') };
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Opens the authority (P-256) that is kept, or creates it, and writes `ca.pem` into the folder. */
export async function openCertificateAuthority(
  dir: string,
  kept: StoredMap<AuthorityFacts>,
): Promise<CertificateAuthority> {
  x509.cryptoProvider.set(globalThis.crypto);
  const leaf = makeKeys();
  const facts = kept.get('authority') ?? (await createAuthority());
  kept.set('authority', facts);
  const certificate = new x509.X509Certificate(facts.certificate);
  const [signingKey, { publicKey, privateKey }] = await Promise.all([importKey(facts.key), leaf]);
  const caFile = join(dir, 'ca.pem');
  await writeFile(caFile, facts.certificate);
  const leafKey = await pem(privateKey);
  const authorityKeyId = await x509.AuthorityKeyIdentifierExtension.create(certificate.publicKey);

  const issue = async (host: string): Promise<SecureContext> => {
    const cert = await x509.X509CertificateGenerator.create({
      ...validity,
      subject: `CN=${host.slice(0, 64)}`,
      issuer: certificate.subject,
      publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }]),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        authorityKeyId,
      ],
    });
    return createSecureContext({ key: leafKey, cert: cert.toString('pem') });
  };

  const contexts = new Map<string, Promise<SecureContext>>();
  return {
    caFile,
    contextFor(host) {
      const context = contexts.get(host) ?? issue(host);
      contexts.set(host, context);
      return context;
    },
  };
}

async function createAuthority(): Promise<AuthorityFacts> {
  const keys = await makeKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    // Of two worlds' authorities with one name, a client that trusts both would try the wrong one.
    name: `CN=Local Azure sandbox ${randomUUID().slice(0, 8)}`,
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await pem(keys.privateKey) };
}

function makeKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}

function importKey(text: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(text), algorithm, false, ['sign']);
}
