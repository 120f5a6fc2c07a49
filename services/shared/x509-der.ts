import type { X509Certificate } from 'node:crypto';
import { type DerElement, derChildren, derOid, readDer } from './der';

/** Context tags of a TBSCertificate (RFC 5280, 4.1): `[0] version` and `[3] extensions`. */
const VERSION_TAG = 0xa0;
const EXTENSIONS_TAG = 0xa3;

/** The `subject` Name of a certificate, byte by byte. */
export function subjectDer(certificate: X509Certificate): Buffer {
  const fields = tbsFields(certificate).filter(({ tag }) => tag !== VERSION_TAG);
  const subject = fields[4];
  if (!subject) throw new Error('the certificate has no subject');
  return subject.bytes;
}

/** The `Extension` elements of a certificate; none in a version 1 certificate. */
export function extensionsOf(certificate: X509Certificate): DerElement[] {
  const explicit = tbsFields(certificate).find(({ tag }) => tag === EXTENSIONS_TAG);
  const list = explicit && derChildren(explicit)[0];
  return list ? derChildren(list) : [];
}

/** What an extension holds, or undefined when the list has no such extension. */
export function extensionValue(
  extensions: readonly DerElement[],
  oid: string,
): DerElement | undefined {
  const extension = extensions.map(derChildren).find(([id]) => id && derOid(id) === oid);
  const octets = extension?.at(-1);
  return octets && readDer(octets.content);
}

function tbsFields(certificate: X509Certificate): DerElement[] {
  const [tbs] = derChildren(readDer(certificate.raw));
  return tbs ? derChildren(tbs) : [];
}
