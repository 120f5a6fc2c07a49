import { generateKeyPairSync } from 'node:crypto';
import { md, pki } from 'node-forge';

/** Ten years: such a certificate may be kept from one run to the next. */
const YEARS_MS = 10 * 365 * 86_400_000;

/**
 * A certificate that signed itself, and its key, as PEM; for programs that look into the files they are given, and for
 * servers at an address, whose clients are given it as an authority.
 */
export function selfSigned(address?: string): {
  readonly certificate: string;
  readonly key: string;
} {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const forgeKey = pki.privateKeyFromPem(
    privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  );
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.setRsaPublicKey(forgeKey.n, forgeKey.e);
  certificate.serialNumber = '01';
  certificate.validity.notAfter = new Date(Date.now() + YEARS_MS);
  certificate.setSubject([{ name: 'commonName', value: 'test' }]);
  certificate.setIssuer([{ name: 'commonName', value: 'test' }]);
  if (address !== undefined) {
    certificate.setExtensions([
      { name: 'basicConstraints', cA: true },
      // 7 is an IP address (RFC 5280, 4.2.1.6).
      { name: 'subjectAltName', altNames: [{ type: 7, ip: address }] },
    ]);
  }
  // SHA-1, node-forge's default, is refused by OpenSSL 3.
  certificate.sign(forgeKey, md.sha256.create());
  return { certificate: pki.certificateToPem(certificate), key };
}
