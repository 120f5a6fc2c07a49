import type { KeyObject, X509Certificate } from 'node:crypto';
import { isIssuedBy, parseChain, parseKey } from './pem';

/** Start of the common name of every root that the controller makes. */
export const ROOT_NAME = 'Vigil root';

/** A certificate that signs leaves, its issuers up to the trust anchor, and its private key. */
export interface Signer {
  /** Signing certificate first, trust anchor last; the same one when it is a root. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
  readonly anchor: X509Certificate;
  readonly key: KeyObject;
  /** What stands in the Secret, kept as it is. */
  readonly certificatePem: string;
  readonly keyPem: string;
  /** The earliest end of anything in the chain: nothing signed may outlive it. */
  readonly notAfter: Date;
}

/**
 * Reads a CA, ours or a user's own.
 * @param names the two keys of the Secret, for messages
 * @throws Error with one line that says which of them is wrong and why
 */
export function parseSigner(
  certificatePem: string,
  keyPem: string,
  names: readonly [string, string] = ['ca.crt', 'ca.key'],
): Signer {
  const [certificateName, keyName] = names;
  const chain = inContext(certificateName, () => parseChain(certificatePem));
  const key = inContext(keyName, () => parseKey(keyPem));
  const [signing, ...issuers] = chain;
  const anchor = chain.at(-1);
  if (!signing || !anchor) throw new Error(`${certificateName} holds no certificate`);
  if (!signing.checkPrivateKey(key)) {
    throw new Error(`${keyName} does not belong to the first certificate of ${certificateName}`);
  }
  if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ec') {
    const type = key.asymmetricKeyType;
    throw new Error(`${keyName} is of type ${type}; RSA and EC keys are supported`);
  }
  inContext(certificateName, () => checkChain(chain));
  const ends = chain.map(({ validToDate }) => validToDate.getTime());
  return {
    chain: [signing, ...issuers],
    anchor,
    key,
    certificatePem,
    keyPem,
    notAfter: new Date(Math.min(...ends)),
  };
}

/**
 * Whether a signer can be used now.
 * @throws Error with one line when part of its chain is expired or not yet valid
 */
export function checkValidity(signer: Signer, now: Date): void {
  const latestStart = Math.max(...signer.chain.map(({ validFromDate }) => validFromDate.getTime()));
  if (signer.notAfter <= now) throw new Error(`ca.crt expired at ${signer.notAfter.toISOString()}`);
  if (latestStart > now.getTime()) {
    throw new Error(`ca.crt is not valid before ${new Date(latestStart).toISOString()}`);
  }
}

/**
 * Whether the controller made this CA itself and may therefore rotate it. The certificate says so,
 * not an annotation, which a restored backup might lack.
 */
export function isOwnRoot({ chain, anchor }: Signer): boolean {
  const subject = anchor.toLegacyObject().subject as { CN?: string };
  return chain.length === 1 && String(subject.CN).startsWith(`${ROOT_NAME} `);
}

function checkChain(chain: readonly X509Certificate[]): void {
  for (const [index, certificate] of chain.entries()) {
    const issuer = chain[index + 1] ?? certificate;
    const what = `certificate ${index + 1} of ${chain.length}`;
    if (!certificate.ca) throw new Error(`${what} is not a CA certificate`);
    if (isIssuedBy(certificate, issuer)) continue;
    throw new Error(
      issuer === certificate
        ? `${what}, the last one, is not self-signed and so no trust anchor`
        : `${what} is not issued by the one after it`,
    );
  }
}

function inContext<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // OpenSSL's own texts name neither the file nor the fault in a way that helps a reader.
    const { message, code } = error as NodeJS.ErrnoException;
    const why = code ? 'holds a certificate that cannot be decoded' : message;
    throw new Error(`${name} ${why}`, { cause: error });
  }
}
