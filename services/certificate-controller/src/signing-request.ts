import { createPublicKey, verify } from 'node:crypto';
import { type DerElement, derChildren, derOid, DerTag, readDer } from '../../shared/der';
import {
  type SubjectAltNames,
  subjectAltNamesIn,
  SUBJECT_ALT_NAME_OID,
} from '../../shared/subject-alt-names';

/** What a PKCS#10 certification request (RFC 2986) asks for. */
export interface ParsedRequest {
  /** Each subject attribute as `[dotted OID, value]`. */
  readonly subject: readonly (readonly [string, string])[];
  readonly names: SubjectAltNames;
  /** Whether an extension other than the subject alternative names is asked for. */
  readonly otherExtensions: boolean;
}

const EXTENSION_REQUEST_OID = '1.2.840.113549.1.9.14';
const ATTRIBUTES_TAG = 0xa0;

/** Hashes of the signature algorithms that kubelets may use (RFC 5758, RFC 4055). */
const SIGNATURE_HASHES: Readonly<Record<string, string>> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.113549.1.1.11': 'sha256',
};

/**
 * Parses a request and verifies that its sender holds the key. Kubelets' keys are ECDSA, which
 * node-forge cannot read, so this goes through the DER itself.
 * @throws Error when it is malformed or its signature is wrong
 */
export function parseSigningRequest(pem: string): ParsedRequest {
  const body = /-----BEGIN CERTIFICATE REQUEST-----([^-]+)-----END/.exec(pem)?.[1];
  if (!body) throw new Error('not a PEM certificate request');
  const [info, algorithm, signature] = derChildren(readDer(Buffer.from(body, 'base64')));
  if (!info || !algorithm || !signature) throw new Error('not a certificate request');
  const [, subject, publicKey, attributes] = derChildren(info);
  if (!subject || !publicKey) throw new Error('not a certificate request');
  verifySignature(info, publicKey, algorithm, signature);
  const extensions = requestedExtensions(attributes);
  return {
    subject: derChildren(subject).flatMap(derChildren).map(readAttribute),
    names: subjectAltNamesIn(extensions),
    otherExtensions: extensions.some((one) => {
      const [id] = derChildren(one);
      return !id || derOid(id) !== SUBJECT_ALT_NAME_OID;
    }),
  };
}

function verifySignature(
  info: DerElement,
  publicKey: DerElement,
  algorithm: DerElement,
  signature: DerElement,
): void {
  const [oid] = derChildren(algorithm);
  const hash = oid && SIGNATURE_HASHES[derOid(oid)];
  if (!hash || signature.tag !== DerTag.BIT_STRING) throw new Error('unknown signature algorithm');
  const key = createPublicKey({ key: publicKey.bytes, format: 'der', type: 'spki' });
  // A bit string's first byte counts its unused bits.
  if (!verify(hash, info.bytes, key, signature.content.subarray(1))) {
    throw new Error('its signature does not verify');
  }
}

function requestedExtensions(attributes: DerElement | undefined): DerElement[] {
  if (attributes?.tag !== ATTRIBUTES_TAG) return [];
  const values = derChildren(attributes)
    .map(derChildren)
    .filter(([id]) => id !== undefined && derOid(id) === EXTENSION_REQUEST_OID)
    .flatMap(([, set]) => (set ? derChildren(set) : []));
  return values.flatMap(derChildren);
}

function readAttribute(attribute: DerElement): readonly [string, string] {
  const [id, value] = derChildren(attribute);
  if (!id || !value) throw new Error('malformed subject');
  return [derOid(id), value.content.toString('utf8')];
}
