import type { X509Certificate } from 'node:crypto';
import { type Secret, secretValue, withValues } from './kube';
import { parseWhatIsReadable, toPem, trustBundle } from './pem';
import { checkValidity, parseSigner, type Signer } from './signer';

/**
 * Where a change of root stands.
 * - `steady`: one root.
 * - `distribute`: a second root is in every bundle, or on its way there; leaves stay as they are.
 * - `reissue`: every leaf is issued by the new root; the old one is still trusted.
 * - `retire`: the old root leaves the bundles.
 */
export const PHASES = ['steady', 'distribute', 'reissue', 'retire'] as const;
export type Phase = (typeof PHASES)[number];

/** All that the CA's Secret says. */
export interface Authority {
  /** Signs leaves. */
  readonly active: Signer;
  /** Being distributed; signs nothing yet. */
  readonly next?: Signer;
  /** Anchors that are trusted because laggards may still show leaves issued below them. */
  readonly previous: readonly X509Certificate[];
  readonly phase: Phase;
  /** When the phase began. */
  readonly since: Date;
  /** Ids of the requests that were acted upon last. */
  readonly handled: Requests;
}

/** Requests made by annotating the CA's Secret; any new id is a new request. */
export interface Requests {
  readonly rotateRoot?: string;
  readonly acceptNewRoot?: string;
}

/** What reading the CA's Secret gives. */
export type AuthorityReading =
  | {
      readonly kind: 'ready';
      readonly authority: Authority;
      /** Why `next.crt` or `next.key` is passed over. */
      readonly warning?: string;
    }
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'unreadable';
      readonly message: string;
      /** Anchors that can still be made out. */
      readonly remains: readonly X509Certificate[];
    };

export const Annotation = {
  rotateRoot: 'vigil.local/rotate-root',
  rotateRootHandled: 'vigil.local/rotate-root-handled',
  acceptNewRoot: 'vigil.local/accept-new-root',
  acceptNewRootHandled: 'vigil.local/accept-new-root-handled',
  phase: 'vigil.local/rotation-phase',
  since: 'vigil.local/rotation-since',
} as const;

/** Reads the CA's Secret. It never throws: what is wrong is part of the answer. */
export function readAuthority(secret: Secret, now: Date): AuthorityReading {
  const certificate = secretValue(secret, 'ca.crt');
  const key = secretValue(secret, 'ca.key');
  if (certificate === '' && key === '') return { kind: 'absent' };
  try {
    const active = parseSigner(certificate, key);
    checkValidity(active, now);
    return { kind: 'ready', ...withRotation(secret, active, now) };
  } catch (error) {
    const remains = parseWhatIsReadable(certificate).filter((one) => one.ca);
    return { kind: 'unreadable', message: (error as Error).message, remains: remains.slice(-1) };
  }
}

/** The CA's Secret with everything that `authority` says, ready to be written. */
export function writeAuthority(secret: Secret, authority: Authority): Secret {
  const { active, next, previous, phase, since, handled } = authority;
  return withValues(
    secret,
    {
      'ca.crt': active.certificatePem,
      'ca.key': active.keyPem,
      'next.crt': next?.certificatePem,
      'next.key': next?.keyPem,
      'previous.crt': previous.length > 0 ? toPem(previous) : undefined,
    },
    {
      [Annotation.phase]: phase,
      [Annotation.since]: since.toISOString(),
      [Annotation.rotateRootHandled]: handled.rotateRoot,
      [Annotation.acceptNewRootHandled]: handled.acceptNewRoot,
    },
  );
}

/** The requests that annotations make and that were not acted upon yet. */
export function pendingRequests(secret: Secret): Requests {
  const annotations = secret.metadata.annotations ?? {};
  const pending = (request: string, handled: string): string | undefined =>
    annotations[request] === annotations[handled] ? undefined : annotations[request];
  return {
    rotateRoot: pending(Annotation.rotateRoot, Annotation.rotateRootHandled),
    acceptNewRoot: pending(Annotation.acceptNewRoot, Annotation.acceptNewRootHandled),
  };
}

/** Ids of handled requests as the Secret remembers them, with those just handled. */
export function handledRequests(secret: Secret, just: Requests = {}): Requests {
  const annotations = secret.metadata.annotations ?? {};
  return {
    rotateRoot: just.rotateRoot ?? annotations[Annotation.rotateRootHandled],
    acceptNewRoot: just.acceptNewRoot ?? annotations[Annotation.acceptNewRootHandled],
  };
}

/** Every root to be trusted now. */
export function anchorsOf({ active, next, previous }: Authority): X509Certificate[] {
  return [active.anchor, ...(next ? [next.anchor] : []), ...previous];
}

/** The text of `ca.crt` in every leaf's Secret. */
export function bundleOf(authority: Authority): string {
  return trustBundle(anchorsOf(authority));
}

function withRotation(
  secret: Secret,
  active: Signer,
  now: Date,
): { authority: Authority; warning?: string } {
  const annotations = secret.metadata.annotations ?? {};
  const { next, warning } = readNext(secret, now);
  const previous = parseWhatIsReadable(secretValue(secret, 'previous.crt'));
  const since = new Date(annotations[Annotation.since] ?? now);
  const authority = {
    active,
    next,
    previous,
    phase: knownPhase(annotations[Annotation.phase], next !== undefined, previous.length > 0),
    since: Number.isNaN(since.getTime()) ? now : since,
    handled: handledRequests(secret),
  };
  return { authority, warning };
}

/** A damaged next root has signed nothing yet: it is as good as none, and made anew. */
function readNext(secret: Secret, now: Date): { next?: Signer; warning?: string } {
  const certificate = secretValue(secret, 'next.crt');
  const key = secretValue(secret, 'next.key');
  if (certificate === '' && key === '') return {};
  try {
    const next = parseSigner(certificate, key, ['next.crt', 'next.key']);
    checkValidity(next, now);
    return { next };
  } catch (error) {
    return { warning: (error as Error).message };
  }
}

/** The phase by annotation, or, when a backup came back without it, by what the Secret holds. */
function knownPhase(annotated: string | undefined, hasNext: boolean, hasPrevious: boolean): Phase {
  const phase = PHASES.find((one) => one === annotated);
  if (phase) return phase === 'distribute' && !hasNext && !hasPrevious ? 'steady' : phase;
  return hasPrevious ? 'reissue' : 'steady';
}
