import { generateKeyPairSync } from 'node:crypto';
import { pki } from 'node-forge';

/** A certificate that signed itself, and its key, as PEM; for programs that look into the files they are given. */
export function selfSigned(): { readonly certificate: string; readonly key: string } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const forgeKey = pki.privateKeyFromPem(
    privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  );
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.setRsaPublicKey(forgeKey.n, forgeKey.e);
  certificate.serialNumber = '01';
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  certificate.setSubject([{ name: 'commonName', value: 'test' }]);
  certificate.setIssuer([{ name: 'commonName', value: 'test' }]);
  certificate.sign(forgeKey);
  return { certificate: pki.certificateToPem(certificate), key };
}
