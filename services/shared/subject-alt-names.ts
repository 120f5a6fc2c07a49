import type { X509Certificate } from 'node:crypto';
import { type DerElement, derChildren } from './der';
import { extensionsOf, extensionValue } from './x509-der';

/** Subject alternative names by kind, each in the order of the certificate. */
export interface SubjectAltNames {
  readonly dns: string[];
  readonly uris: string[];
  /** Raw addresses: 4 or 16 bytes. */
  readonly ips: Buffer[];
  /** How many names are of any other kind (e-mail, directory name, ...). */
  readonly others: number;
}

export const SUBJECT_ALT_NAME_OID = '2.5.29.17';

/** GeneralName's context tags (RFC 5280, 4.2.1.6). */
const GeneralName = { DNS: 0x82, URI: 0x86, IP: 0x87 } as const;

/**
 * The names of a certificate, read from its DER. Node's `subjectAltName` is one joined, partly
 * quoted string, made for reading by people and not for decisions.
 * @throws Error when the certificate's extensions cannot be read
 */
export function subjectAltNamesOf(certificate: X509Certificate): SubjectAltNames {
  return subjectAltNamesIn(extensionsOf(certificate));
}

/** The names in a list of X.509 `Extension` elements; empty when none holds them. */
export function subjectAltNamesIn(extensions: readonly DerElement[]): SubjectAltNames {
  const value = extensionValue(extensions, SUBJECT_ALT_NAME_OID);
  const all = value ? derChildren(value) : [];
  const contents = (wanted: number): Buffer[] =>
    all.filter(({ tag }) => tag === wanted).map(({ content }) => content);
  const dns = contents(GeneralName.DNS).map((content) => content.toString('latin1'));
  const uris = contents(GeneralName.URI).map((content) => content.toString('latin1'));
  const ips = contents(GeneralName.IP);
  return { dns, uris, ips, others: all.length - dns.length - uris.length - ips.length };
}
