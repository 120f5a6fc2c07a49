import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Every certificate of a PEM text, in order.
 * @throws Error when there is none, or one cannot be decoded
 */
export function parseChain(pem: string): X509Certificate[] {
  const blocks = pem.match(CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new Error('holds no certificate');
  return blocks.map((block) => new X509Certificate(block));
}

/** As `parseChain`, but what cannot be decoded is left out. For bundles that may be damaged. */
export function parseWhatIsReadable(pem: string): X509Certificate[] {
  return (pem.match(CERTIFICATE) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/**
 * A private key in PEM.
 * @throws Error when it cannot be decoded; the message holds nothing of the key
 */
export function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error('holds no readable private key');
  }
}

/** PEM of certificates one after the other, in one canonical form. */
export function toPem(certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => `${certificate.toString().trim()}\n`).join('');
}

/**
 * A trust bundle: each anchor once, in an order that depends on nothing but its content, so that
 * the text does not change when two roots merely swap roles.
 */
export function trustBundle(anchors: readonly X509Certificate[]): string {
  const byFingerprint = (a: X509Certificate, b: X509Certificate): number =>
    a.fingerprint256 < b.fingerprint256 ? -1 : 1;
  return toPem(unique(anchors).sort(byFingerprint));
}

/** Each certificate once. */
export function unique(certificates: readonly X509Certificate[]): X509Certificate[] {
  return [...new Map(certificates.map((one) => [one.fingerprint256, one])).values()];
}

/** Short fingerprint of a text: 16 hexadecimal digits of its SHA-256. */
export function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Whether `issuer` signed `certificate`: names, key identifiers and the signature itself. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** Whether each certificate of the chain is issued by the next, and the last by the anchor. */
export function chainsTo(chain: readonly X509Certificate[], anchor: X509Certificate): boolean {
  return chain.every((certificate, index) => isIssuedBy(certificate, chain[index + 1] ?? anchor));
}
