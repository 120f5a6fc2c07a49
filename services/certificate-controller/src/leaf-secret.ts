import type { X509Certificate } from 'node:crypto';
import type { CertificatePlan, PlannedLeaf } from '../../../constructs/topology/certificate-plan';
import type { TlsMaterial } from '../../shared/tls-server';
import { type Authority, bundleOf } from './authority';
import { type GenerateKey, issueLeaf } from './issue';
import { type Kube, type Secret, secretValue, withValues } from './kube';
import { fingerprint, parseWhatIsReadable, trustBundle } from './pem';
import { readStoredLeaf, type RenewalReason, renewalReason } from './policies';
import { ensureAnnotated, RESTART_ANNOTATION, TRUST_BUNDLE_ANNOTATION } from './restarts';

/** What became of one leaf in a pass. */
export interface LeafOutcome {
  /** Why it was re-issued, if it was. */
  readonly renewed?: RenewalReason;
  /** The Secret as it is now. */
  readonly secret: Secret;
  /** Whether roots and issuer were as the phase asks already, and no restart is under way. */
  readonly settled: boolean;
}

export interface LeafContext {
  readonly kube: Kube;
  readonly plan: CertificatePlan;
  readonly authority: Authority;
  readonly generateKey: GenerateKey;
  readonly now: Date;
}

/**
 * Brings one leaf's Secret to what plan and CA ask for.
 * @throws ConflictError when the Secret was changed meanwhile
 */
export async function ensureLeaf(
  context: LeafContext,
  leaf: PlannedLeaf,
  secret: Secret,
): Promise<LeafOutcome> {
  const { kube, plan, authority, generateKey, now } = context;
  const { leafLifetimeSeconds } = plan;
  const bundle = bundleOf(authority);
  const known = secretValue(secret, 'ca.crt');
  const stored = readStoredLeaf(secretValue(secret, 'tls.crt'), secretValue(secret, 'tls.key'));
  const reason = renewalReason({ stored, leaf, leafLifetimeSeconds, authority, now });
  if (!reason && known === bundle) {
    return { secret, settled: await isRestarted(kube, leaf, secret) };
  }
  const values: Record<string, string> = { 'ca.crt': bundle };
  if (reason) {
    const request = { leaf, lifetimeSeconds: leafLifetimeSeconds, signer: authority.active, now };
    const issued = await issueLeaf(request, generateKey);
    values['tls.crt'] = issued.certificate;
    values['tls.key'] = issued.key;
  }
  const mark = replacesBundle(known, bundle) ? { [RESTART_ANNOTATION]: fingerprint(bundle) } : {};
  const updated = await kube.updateSecret(withValues(secret, values, mark));
  const restarted = await isRestarted(kube, leaf, updated);
  // Renewal in the course of time keeps the roots and the issuer, which is all that a rotation waits for: with many
  // leaves there may never be a moment between two of them.
  const wasAsAsked = reason === 'due' && known === bundle;
  return { renewed: reason, secret: updated, settled: wasAsAsked && restarted };
}

/** Key material of a Secret for a server of our own; undefined while it is incomplete. */
export function materialOf(secret: Secret | undefined): TlsMaterial | undefined {
  const [cert, key, ca] = ['tls.crt', 'tls.key', 'ca.crt'].map((one) => secretValue(secret, one));
  const { chain, key: readable } = readStoredLeaf(cert ?? '', key ?? '');
  if (!chain || !readable || !chain[0].checkPrivateKey(readable)) return undefined;
  return cert && key && ca ? { cert, key, ca } : undefined;
}

/** The leaf that a Secret holds, for metrics. */
export function leafOf(secret: Secret): X509Certificate | undefined {
  return parseWhatIsReadable(secretValue(secret, 'tls.crt'))[0];
}

/** Unexpired roots that a leaf's Secret trusts. */
export function leafAnchors(secret: Secret, now: Date): X509Certificate[] {
  return parseWhatIsReadable(secretValue(secret, 'ca.crt')).filter(
    ({ ca, validToDate }) => ca && validToDate > now,
  );
}

/** Restarts the workload if its bundle was replaced; true when no pod with the old one is left. */
async function isRestarted(kube: Kube, leaf: PlannedLeaf, secret: Secret): Promise<boolean> {
  const mark = secret.metadata.annotations?.[RESTART_ANNOTATION];
  if (!leaf.restartOnCaChange || mark === undefined) return true;
  return ensureAnnotated(kube, leaf.restartOnCaChange, TRUST_BUNDLE_ANNOTATION, mark);
}

/** False for the first bundle, and for one that was only damaged: no pod trusts other roots. */
function replacesBundle(known: string, bundle: string): boolean {
  const anchors = parseWhatIsReadable(known);
  return anchors.length > 0 && trustBundle(anchors) !== bundle;
}
