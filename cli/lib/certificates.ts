import { X509Certificate } from 'node:crypto';
import type { CertificatePlan } from '../../constructs/topology';
import { mapLimit } from './async';
import type { KubeClient } from './kube-client';
import { readSecret } from './technician';

export interface CertificateStatus {
  readonly component: string;
  readonly namespace: string;
  readonly secret: string;
  /** ISO 8601; undefined when there is no certificate. */
  readonly notAfter?: string;
  /** Days left; negative when it has expired. */
  readonly daysLeft?: number;
  readonly identity?: string;
}

const DAY_MS = 86_400_000;

/** Every certificate of the plan, the authority's first, as the Secrets have it now. */
export async function certificateStatus(
  client: KubeClient,
  plan: CertificatePlan,
  now = Date.now(),
): Promise<CertificateStatus[]> {
  const authority = { ...plan.authority, component: 'certificate authority', key: 'ca.crt' };
  const all = [authority, ...plan.leaves.map((leaf) => ({ ...leaf, key: 'tls.crt' }))];
  return mapLimit(all, 8, async ({ component, namespace, secret, key }) => {
    const values = await readSecret(client, namespace, secret);
    return describeCertificate({ component, namespace, secret }, values?.[key], now);
  });
}

/** Reads expiry and identity from the first certificate of a PEM text. */
export function describeCertificate(
  where: Pick<CertificateStatus, 'component' | 'namespace' | 'secret'>,
  pem: string | undefined,
  now: number,
): CertificateStatus {
  if (!pem) return where;
  try {
    const { validToDate, subjectAltName } = new X509Certificate(pem);
    const daysLeft = (validToDate.getTime() - now) / DAY_MS;
    const identity = subjectAltName?.match(/URI:([^,]+)/)?.[1];
    return { ...where, notAfter: validToDate.toISOString(), daysLeft, identity };
  } catch {
    return where;
  }
}

/** Missing, unreadable or expired. */
export const isBad = ({ daysLeft }: CertificateStatus): boolean =>
  daysLeft === undefined || daysLeft <= 0;

/** `12.4 days`, `5.2 hours`, `7 minutes`, `expired`, `missing`; always rounded down. */
export function lifeLeft({ daysLeft }: CertificateStatus): string {
  if (daysLeft === undefined) return 'missing';
  if (daysLeft <= 0) return 'expired';
  if (daysLeft >= 1) return `${tenths(daysLeft)} days`;
  const hoursLeft = daysLeft * 24;
  return hoursLeft >= 1 ? `${tenths(hoursLeft)} hours` : `${Math.floor(hoursLeft * 60)} minutes`;
}

const tenths = (value: number): number => Math.floor(value * 10) / 10;
