import type { X509Certificate } from 'node:crypto';
import type { CertificatePlan } from '../../../constructs/topology/certificate-plan';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import {
  type Authority,
  type AuthorityReading,
  handledRequests,
  pendingRequests,
  readAuthority,
  type Requests,
  writeAuthority,
} from './authority';
import { type GenerateKey, issueRoot } from './issue';
import { type Kube, refKey, type Secret } from './kube';
import { unique } from './pem';
import {
  advance,
  type AuthorityDecision,
  type AuthorityFailure,
  decideAuthority,
} from './rotation';
import { parseSigner, type Signer } from './signer';

/** What is known of the leaves when the CA is looked at. */
export interface LeafKnowledge {
  readonly exist: boolean;
  readonly anchors: readonly X509Certificate[];
}

/** The CA is in order, or why it is not. */
export type AuthorityState =
  | { readonly ok: true; readonly authority: Authority; readonly secret: Secret }
  | { readonly ok: false; readonly reason: AuthorityFailure; readonly message: string };

type Effect = Exclude<AuthorityDecision, { action: 'keep' | 'fail' }>;

/** Reads, makes and rotates the CA. */
export class AuthorityKeeper {
  /** Since when, in monotonic milliseconds, everything is as the phase in `key` asks. */
  private settled: { readonly key: string; readonly since: number } | undefined;
  private lastWarning: string | undefined;

  constructor(
    private readonly kube: Kube,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly generateKey: GenerateKey,
  ) {}

  /**
   * The CA to be used in this pass, after what had to be done about it.
   * @throws ConflictError when its Secret was changed meanwhile
   */
  async resolve(
    plan: CertificatePlan,
    secret: Secret,
    leaves: LeafKnowledge,
  ): Promise<AuthorityState> {
    const now = this.clock.now();
    const reading = readAuthority(secret, now);
    this.warnOnce(reading);
    const requests = pendingRequests(secret);
    const decision = decideAuthority({
      reading,
      requests,
      leavesExist: leaves.exist,
      leafAnchors: leaves.anchors,
      now,
    });
    if (decision.action === 'fail') return { ok: false, ...decision };
    if (decision.action === 'keep') {
      // `keep` is only decided about a CA that is ready.
      if (reading.kind !== 'ready') throw new Error('kept a CA that is not there');
      return { ok: true, authority: reading.authority, secret };
    }
    const authority = await this.apply(decision, plan, { secret, reading, requests });
    return this.write(secret, authority, decision.action);
  }

  /**
   * Takes the next step of a rotation when its time has come.
   * @param settled whether everything is as the present phase asks
   * @returns whether a step was taken
   * @throws ConflictError when the CA's Secret was changed meanwhile
   */
  async advance(
    plan: CertificatePlan,
    { authority, secret }: { authority: Authority; secret: Secret },
    settled: boolean,
  ): Promise<boolean> {
    const key = `${authority.phase} ${authority.since.toISOString()}`;
    const time = this.clock.monotonic();
    if (!settled) this.settled = undefined;
    else if (this.settled?.key !== key) this.settled = { key, since: time };
    const settledMs = this.settled && time - this.settled.since;
    const propagationMs = plan.authority.propagationSeconds * 1000;
    const following = advance(authority, settledMs, propagationMs, this.clock.now());
    if (following === authority) return false;
    await this.write(secret, following, 'advance');
    return true;
  }

  private async apply(
    decision: Effect,
    plan: CertificatePlan,
    {
      secret,
      reading,
      requests,
    }: { secret: Secret; reading: AuthorityReading; requests: Requests },
  ): Promise<Authority> {
    const since = this.clock.now();
    const handled = (just: Requests): Requests => handledRequests(secret, just);
    if (reading.kind !== 'ready' || decision.action === 'create' || decision.action === 'recover') {
      const previous = decision.action === 'recover' ? unique(decision.previous) : [];
      const phase = previous.length > 0 ? 'distribute' : 'steady';
      const active = await this.createRoot(plan);
      return { active, previous, phase, since, handled: handled(requests) };
    }
    const { authority } = reading;
    switch (decision.action) {
      case 'rotate': {
        const next = await this.createRoot(plan);
        const { rotateRoot } = requests;
        return { ...authority, next, phase: 'distribute', since, handled: handled({ rotateRoot }) };
      }
      case 'distribute':
        return { ...authority, phase: 'distribute', since };
      case 'adopt':
        return { ...authority, previous: unique(decision.previous), phase: 'distribute', since };
      case 'dismiss':
        this.logger.warn({ requests, why: decision.why }, 'request dismissed');
        return { ...authority, handled: handled(requests) };
    }
  }

  private async write(
    secret: Secret,
    authority: Authority,
    action: string,
  ): Promise<AuthorityState & { ok: true }> {
    const written = await this.kube.updateSecret(writeAuthority(secret, authority));
    const { namespace = '', name } = secret.metadata;
    const { phase, active } = authority;
    const fields = { secret: refKey({ namespace, name }), action, phase };
    this.logger.info({ ...fields, notAfter: active.notAfter.toISOString() }, 'CA changed');
    return { ok: true, authority, secret: written };
  }

  private async createRoot({ trustDomain, authority }: CertificatePlan): Promise<Signer> {
    const now = this.clock.now();
    const { lifetimeSeconds } = authority;
    const root = await issueRoot({ trustDomain, lifetimeSeconds, now }, this.generateKey);
    return parseSigner(root.certificate, root.key);
  }

  private warnOnce(reading: AuthorityReading): void {
    const warning = reading.kind === 'ready' ? reading.warning : undefined;
    if (warning && warning !== this.lastWarning) this.logger.warn(`passed over: ${warning}`);
    this.lastWarning = warning;
  }
}
