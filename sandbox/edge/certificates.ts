import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { bits, boolean, implicit, integer, octets, oid, sequence, set, tagged, time, utf8 } from './der.ts';

/** A world's certificate authority. Leaf certificates are made once per host; all share one key. */
export interface CertificateAuthority {
  /** PEM file of the authority's certificate, for clients to trust. */
  caFile: string;
  /** The TLS context that serves a host, made at its first use. */
  contextFor(host: string): SecureContext;
}

// Wide on both sides: certificate checks use the machine's clock, which the sandbox cannot move, and JavaScript
// clients may compare with the sandbox's, which moves by years.
const VALIDITY = sequence(time('2020-01-01T00:00:00'), time('2049-12-31T00:00:00'));
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const AUTHORITY_NAME = name('Local Azure sandbox');

/** Creates an authority (P-256) and writes `ca.pem` into the folder. */
export async function createCertificateAuthority(dir: string): Promise<CertificateAuthority> {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const leaf = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const leafKey = leaf.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const authorityId = keyId(authority.publicKey);

  const caFile = join(dir, 'ca.pem');
  const caCertificate = certificate(authority.privateKey, AUTHORITY_NAME, authority.publicKey, [
    extension('2.5.29.19', true, sequence(boolean(true))), // basicConstraints: an authority
    extension('2.5.29.15', true, bits(Buffer.from([0b0000_0110]), 1)), // keyUsage: keyCertSign, cRLSign
    extension('2.5.29.14', false, octets(authorityId)), // subjectKeyIdentifier
  ]);
  await writeFile(caFile, caCertificate);

  const contexts = new Map<string, SecureContext>();
  const issue = (host: string): SecureContext => {
    const cert = certificate(authority.privateKey, name(host.slice(0, 64)), leaf.publicKey, [
      extension('2.5.29.17', false, sequence(alternativeName(host))), // subjectAltName
      extension('2.5.29.15', true, bits(Buffer.from([0b1000_0000]), 7)), // keyUsage: digitalSignature
      extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
      extension('2.5.29.35', false, sequence(implicit(0, authorityId))), // authorityKeyIdentifier
    ]);
    return createSecureContext({ key: leafKey, cert });
  };

  return {
    caFile,
    contextFor(host) {
      const context = contexts.get(host) ?? issue(host);
      contexts.set(host, context);
      return context;
    },
  };
}

/** A signed X.509 version 3 certificate (RFC 5280), as PEM. */
function certificate(signer: KeyObject, subject: Buffer, subjectKey: KeyObject, extensions: Buffer[]): string {
  // A leading 01 keeps the serial number positive and free of leading zeros.
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)]);
  const toBeSigned = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    AUTHORITY_NAME,
    VALIDITY,
    subject,
    subjectKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions)),
  );
  const signed = sequence(toBeSigned, ECDSA_SHA256, bits(sign('sha256', toBeSigned, signer)));
  const lines = signed.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function name(commonName: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(commonName))));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return critical ? sequence(oid(id), boolean(true), octets(value)) : sequence(oid(id), octets(value));
}

function alternativeName(host: string): Buffer {
  const isAddress = /^\d+(\.\d+){3}$/.test(host);
  return isAddress ? implicit(7, Buffer.from(host.split('.').map(Number))) : implicit(2, Buffer.from(host));
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}
