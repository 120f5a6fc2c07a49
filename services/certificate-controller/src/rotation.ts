import type { X509Certificate } from 'node:crypto';
import type { Authority, AuthorityReading, Phase, Requests } from './authority';
import { isOwnRoot, type Signer } from './signer';

/** Share of a root's lifetime after which it is replaced. */
const ROOT_RENEWAL_SHARE = 2 / 3;

/** How a user resolves what the controller may not resolve by itself. */
export const RECOVER_CURE =
  "restore the Secret's data from a backup, or accept a new root with `npx vigil certificates recover`";

/** What must happen to the CA before leaves are looked at. */
export type AuthorityDecision =
  /** Nothing. */
  | { readonly action: 'keep' }
  /** First start: make a root. */
  | { readonly action: 'create' }
  /** Make a second root and begin to distribute it. */
  | { readonly action: 'rotate'; readonly why: 'age' | 'request' }
  /** Begin to distribute the root that a user has put into `next.crt`. */
  | { readonly action: 'distribute' }
  /** The user has said that the lost root may be replaced. */
  | { readonly action: 'recover'; readonly previous: readonly X509Certificate[] }
  /** Somebody has exchanged the active CA: let old and new overlap. */
  | { readonly action: 'adopt'; readonly previous: readonly X509Certificate[] }
  /** A request that cannot or need not be met: only remember that it was seen. */
  | { readonly action: 'dismiss'; readonly why: string }
  /** Touch nothing, report. */
  | { readonly action: 'fail'; readonly reason: AuthorityFailure; readonly message: string };

export type AuthorityFailure = 'CertificateAuthorityMissing' | 'CertificateAuthorityUnreadable';

export interface AuthorityInput {
  readonly reading: AuthorityReading;
  readonly requests: Requests;
  /** Whether any leaf's Secret holds a certificate, readable or not. */
  readonly leavesExist: boolean;
  /** Every unexpired root that leaves' `ca.crt` hold. */
  readonly leafAnchors: readonly X509Certificate[];
  readonly now: Date;
}

/**
 * Decides about the CA, without side effects. A CA is made where there is none and nothing depends
 * on one; in any other case of loss it takes the user's word.
 */
export function decideAuthority(input: AuthorityInput): AuthorityDecision {
  const { reading, requests, leavesExist, leafAnchors } = input;
  if (reading.kind === 'ready') return decideReady(reading.authority, input);
  if (reading.kind === 'absent' && !leavesExist) return { action: 'create' };
  if (requests.acceptNewRoot !== undefined) {
    const remains = reading.kind === 'unreadable' ? reading.remains : [];
    return { action: 'recover', previous: [...leafAnchors, ...remains] };
  }
  if (reading.kind === 'absent') {
    const message = `the CA is gone while certificates of it are in use: ${RECOVER_CURE}`;
    return { action: 'fail', reason: 'CertificateAuthorityMissing', message };
  }
  return {
    action: 'fail',
    reason: 'CertificateAuthorityUnreadable',
    message: `the CA cannot be used (${reading.message}): ${RECOVER_CURE}`,
  };
}

function decideReady(authority: Authority, input: AuthorityInput): AuthorityDecision {
  if (input.requests.acceptNewRoot !== undefined) {
    return { action: 'dismiss', why: 'the CA is in order, there is nothing to recover' };
  }
  if (authority.phase !== 'steady') return { action: 'keep' };
  const { active, next } = authority;
  const known = input.leafAnchors.some(
    (one) => one.fingerprint256 === active.anchor.fingerprint256,
  );
  if (input.leafAnchors.length > 0 && !known) {
    return { action: 'adopt', previous: input.leafAnchors };
  }
  if (next) return { action: 'distribute' };
  return decideRotation(active, input);
}

function decideRotation(active: Signer, { requests, now }: AuthorityInput): AuthorityDecision {
  if (!isOwnRoot(active)) {
    const why = "the CA is the user's own: put the new one into next.crt and next.key";
    return requests.rotateRoot === undefined ? { action: 'keep' } : { action: 'dismiss', why };
  }
  if (requests.rotateRoot !== undefined) return { action: 'rotate', why: 'request' };
  return now >= rootRenewal(active) ? { action: 'rotate', why: 'age' } : { action: 'keep' };
}

/** When a root of our own is replaced: at two thirds of its lifetime. */
export function rootRenewal({ anchor }: Signer): Date {
  const start = anchor.validFromDate.getTime();
  return new Date(start + (anchor.validToDate.getTime() - start) * ROOT_RENEWAL_SHARE);
}

/**
 * The next step of a rotation, or the same authority when it is not yet time.
 * @param settledMs for how long, in milliseconds and without interruption, every Secret has held
 *   what the phase asks for and every restart was through; undefined while they do not. Measured
 *   by the process itself with a clock that cannot jump: a restarted controller waits again.
 * @param propagationMs how long a Secret needs to reach every pod
 */
export function advance(
  authority: Authority,
  settledMs: number | undefined,
  propagationMs: number,
  now: Date,
): Authority {
  if (settledMs === undefined || authority.phase === 'steady') return authority;
  if (authority.phase === 'retire') return { ...authority, phase: 'steady', since: now };
  if (settledMs < propagationMs) return authority;
  if (authority.phase === 'reissue') {
    return { ...authority, previous: [], phase: 'retire', since: now };
  }
  const { next, active, previous } = authority;
  const swapped = next
    ? { active: next, next: undefined, previous: [...previous, active.anchor] }
    : {};
  return { ...authority, ...swapped, phase: 'reissue', since: now };
}

/**
 * Whether leaves may wait with renewal: a root that replaced a lost one is active at once, but
 * pods do not trust it before it has reached them.
 */
export function leavesWait({ phase, next }: { phase: Phase; next?: Signer }): boolean {
  return phase === 'distribute' && next === undefined;
}
