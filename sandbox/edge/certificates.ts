import 'reflect-metadata'; // @peculiar/x509 needs it loaded first
import { webcrypto } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import * as x509 from '@peculiar/x509';

/** A world's certificate authority. Leaf certificates are made once per host; all share one key. */
export interface CertificateAuthority {
  /** PEM file of the authority's certificate, for clients to trust. */
  caFile: string;
  /** The TLS context that serves a host, made at its first use. */
  contextFor(host: string): Promise<SecureContext>;
}

// Wide on both sides: certificate checks use the machine's clock, which the sandbox cannot move, and JavaScript
// clients may compare with the sandbox's, which moves by years.
const validity = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2049-12-31T00:00:00Z') };
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Creates an authority (P-256) and writes `ca.pem` into the folder. */
export async function createCertificateAuthority(dir: string): Promise<CertificateAuthority> {
  x509.cryptoProvider.set(globalThis.crypto);
  const makeKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const [authority, leaf] = await Promise.all([makeKeys(), makeKeys()]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: 'CN=Local Azure sandbox',
    keys: authority,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const caFile = join(dir, 'ca.pem');
  await writeFile(caFile, certificate.toString('pem'));
  const leafKey = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', leaf.privateKey), 'PRIVATE KEY');
  const authorityKeyId = await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey);

  const issue = async (host: string): Promise<SecureContext> => {
    const isAddress = /^\d+(\.\d+){3}$/.test(host);
    const cert = await x509.X509CertificateGenerator.create({
      ...validity,
      subject: `CN=${host.slice(0, 64)}`,
      issuer: certificate.subject,
      publicKey: leaf.publicKey,
      signingKey: authority.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new x509.SubjectAlternativeNameExtension([{ type: isAddress ? 'ip' : 'dns', value: host }]),
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
