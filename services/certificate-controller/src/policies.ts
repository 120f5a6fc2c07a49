import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import type { PlannedLeaf } from '../../../constructs/topology/certificate-plan';
import { subjectAltNamesOf } from '../../shared/subject-alt-names';
import { anchorsOf, type Authority } from './authority';
import { chainsTo, parseChain, parseKey } from './pem';
import { leavesWait } from './rotation';

/** Share of its lifetime after which a leaf is renewed. */
const RENEWAL_SHARE = 2 / 3;
/** Largest share of the lifetime by which a component's renewal comes earlier than that. */
const RENEWAL_JITTER = 0.05;
/** A leaf that lives this much longer than planned was issued under another plan. */
const LIFETIME_SLACK = 1.2;

/** Why a leaf is re-issued; also a metric's label, so the list is closed. */
export type RenewalReason =
  | 'missing'
  | 'unreadable'
  | 'key-mismatch'
  | 'untrusted-issuer'
  | 'expired'
  | 'not-yet-valid'
  | 'other-issuer'
  | 'plan-changed'
  | 'lifetime-shortened'
  | 'due';

/** What a leaf's Secret holds, as far as it can be read. */
export interface StoredLeaf {
  readonly present: boolean;
  readonly chain?: readonly [X509Certificate, ...X509Certificate[]];
  readonly key?: KeyObject;
}

export interface PolicyInput {
  readonly stored: StoredLeaf;
  readonly leaf: PlannedLeaf;
  readonly leafLifetimeSeconds: number;
  readonly authority: Authority;
  readonly now: Date;
}

/** A stored leaf of which everything could be read. */
interface ReadableInput extends PolicyInput {
  readonly certificate: X509Certificate;
  readonly chain: readonly X509Certificate[];
  readonly key: KeyObject;
}

type Policy = (input: ReadableInput) => RenewalReason | undefined;

/** What makes a leaf useless: it is replaced whatever the phase. */
const BROKEN: readonly Policy[] = [keyMismatch, untrustedIssuer, expired, notYetValid];
/** What makes a leaf outdated: replaced when the active CA is known to everyone. */
const OUTDATED: readonly Policy[] = [otherIssuer, planChanged, lifetimeShortened, due];

/**
 * Whether a leaf must be re-issued: the first reason that applies, or undefined. Pure; the clock
 * is part of the input.
 */
export function renewalReason(input: PolicyInput): RenewalReason | undefined {
  const { stored, authority } = input;
  if (!stored.present) return 'missing';
  if (!stored.chain || !stored.key) return 'unreadable';
  const [certificate] = stored.chain;
  const readable = { ...input, certificate, chain: stored.chain, key: stored.key };
  const policies = leavesWait(authority) ? BROKEN : [...BROKEN, ...OUTDATED];
  for (const policy of policies) {
    const reason = policy(readable);
    if (reason) return reason;
  }
  return undefined;
}

/** Decodes what a leaf's Secret holds; it never throws. */
export function readStoredLeaf(certificatePem: string, keyPem: string): StoredLeaf {
  if (certificatePem === '' && keyPem === '') return { present: false };
  try {
    const [certificate, ...issuers] = parseChain(certificatePem);
    if (!certificate) return { present: true };
    subjectAltNamesOf(certificate);
    return { present: true, chain: [certificate, ...issuers], key: parseKey(keyPem) };
  } catch {
    return { present: true };
  }
}

/**
 * When a leaf is renewed: at two thirds of its lifetime, and up to 5 % of the lifetime earlier, by
 * a share that is fixed for a component, so that not all of them renew in the same second.
 */
export function renewalTime(certificate: X509Certificate, component: string): Date {
  const start = certificate.validFromDate.getTime();
  const lifetime = certificate.validToDate.getTime() - start;
  const draw = createHash('sha256').update(component).digest().readUInt32BE(0) / 2 ** 32;
  return new Date(start + lifetime * (RENEWAL_SHARE - RENEWAL_JITTER * draw));
}

function keyMismatch({ certificate, key }: ReadableInput): RenewalReason | undefined {
  return certificate.checkPrivateKey(key) ? undefined : 'key-mismatch';
}

function untrustedIssuer({ chain, authority }: ReadableInput): RenewalReason | undefined {
  const trusted = anchorsOf(authority).some((anchor) => chainsTo(chain, anchor));
  return trusted ? undefined : 'untrusted-issuer';
}

function expired({ certificate, now }: ReadableInput): RenewalReason | undefined {
  return certificate.validToDate <= now ? 'expired' : undefined;
}

/** The clock has jumped back: peers refuse this leaf as we would. Backdating is the tolerance. */
function notYetValid({ certificate, now }: ReadableInput): RenewalReason | undefined {
  return certificate.validFromDate > now ? 'not-yet-valid' : undefined;
}

/** Trusted, but not issued by the CA that is to issue, or below other intermediates. */
function otherIssuer({ chain, authority }: ReadableInput): RenewalReason | undefined {
  const { active } = authority;
  const wanted = active.chain.slice(0, -1).map(({ fingerprint256 }) => fingerprint256);
  const found = chain.slice(1).map(({ fingerprint256 }) => fingerprint256);
  const same = wanted.join() === found.join() && chainsTo(chain, active.anchor);
  return same ? undefined : 'other-issuer';
}

function planChanged({ certificate, leaf }: ReadableInput): RenewalReason | undefined {
  const { dns, uris, ips, others } = subjectAltNamesOf(certificate);
  const usages = leaf.usages.map((usage) => USAGE_OIDS[usage]).sort();
  const found = [dns, uris, ips.length + others, [...certificate.keyUsage].sort()];
  const wanted = [leaf.dnsNames, leaf.uris, 0, usages];
  const subject = JSON.stringify(certificate.toLegacyObject().subject);
  const same =
    subject === JSON.stringify({ CN: leaf.commonName }) &&
    JSON.stringify(found) === JSON.stringify(wanted);
  return same ? undefined : 'plan-changed';
}

function lifetimeShortened(input: ReadableInput): RenewalReason | undefined {
  const { certificate, leafLifetimeSeconds, now } = input;
  const left = certificate.validToDate.getTime() - now.getTime();
  return left > leafLifetimeSeconds * 1000 * LIFETIME_SLACK ? 'lifetime-shortened' : undefined;
}

/** A leaf that already lives as long as its CA gains nothing from being renewed. */
function due({ certificate, leaf, authority, now }: ReadableInput): RenewalReason | undefined {
  const { notAfter } = authority.active;
  if (certificate.validToDate >= notAfter) return undefined;
  return now >= renewalTime(certificate, leaf.component) ? 'due' : undefined;
}

/** Extended key usages (RFC 5280, 4.2.1.12) as `X509Certificate.keyUsage` lists them. */
const USAGE_OIDS = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;
