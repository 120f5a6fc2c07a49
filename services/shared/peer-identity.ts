import type { X509Certificate } from 'node:crypto';
import { subjectAltNamesOf } from './subject-alt-names';

/**
 * The SPIFFE ID of a verified peer certificate, or undefined when it has none or more than one:
 * an X.509-SVID holds exactly one URI SAN (SPIFFE X509-SVID, section 2).
 */
export function peerIdentity(certificate: X509Certificate | undefined): string | undefined {
  if (!certificate) return undefined;
  try {
    const { uris } = subjectAltNamesOf(certificate);
    return uris.length === 1 ? uris[0] : undefined;
  } catch {
    return undefined;
  }
}
