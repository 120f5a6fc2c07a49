import type { X509Certificate } from 'node:crypto';
import type {
  CertificatePlan,
  PlannedLeaf,
  PlannedPassword,
} from '../../../constructs/topology/certificate-plan';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { TlsMaterial } from '../../shared/tls-server';
import type { Authority } from './authority';
import { AuthorityKeeper } from './authority-keeper';
import type { GenerateKey } from './issue';
import type { Kube, ObjectRef, Secret } from './kube';
import { KubeletCsrApprover } from './kubelet-csr';
import { ensureLeaf, leafAnchors, leafOf, materialOf } from './leaf-secret';
import type { ControllerMetrics, Failure } from './metrics';
import { ensurePassword } from './passwords';
import { type AuthorityFailure, RECOVER_CURE } from './rotation';
import { Tally } from './tally';
import { Warnings } from './warnings';

export interface ReconcilerOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ControllerMetrics;
  readonly generateKey: GenerateKey;
  /** Name in the plan of the controller's own leaf. */
  readonly component: string;
}

/** What a pass came to. */
export interface PassOutcome {
  /** Something changed while the pass ran, or a step of a rotation follows: go again at once. */
  readonly again: boolean;
  /** Why not all of the work was done. */
  readonly failure: Failure | undefined;
  /** One line about the failure, unless it was already given as a warning. */
  readonly message?: string;
  /** The controller's own certificate, if it has one. */
  readonly material: TlsMaterial | undefined;
}

type LeafSecrets = Map<PlannedLeaf, Secret>;

const SECRET_MISSING = 'SecretMissing';
const AUTHORITY_FAILURES = [
  'CertificateAuthorityMissing',
  'CertificateAuthorityUnreadable',
] as const satisfies readonly AuthorityFailure[];

/** The controller may not create Secrets. */
const CREATE_CURE = 'run `npx vigil up`, which creates it';

/** One pass over the plan: reads every Secret, and writes those that are not as they should be. */
export class Reconciler {
  private readonly warnings: Warnings;
  private readonly keeper: AuthorityKeeper;
  private readonly approver: KubeletCsrApprover;

  constructor(private readonly options: ReconcilerOptions) {
    const { kube, clock, logger, generateKey } = options;
    this.warnings = new Warnings(kube, clock, logger);
    this.keeper = new AuthorityKeeper(kube, clock, logger, generateKey);
    this.approver = new KubeletCsrApprover(kube, clock, logger);
  }

  /** @throws UnreachableError when the API server does not answer; nothing is lost by that */
  async pass(plan: CertificatePlan): Promise<PassOutcome> {
    const tally = new Tally();
    // Leaves are read before the CA: seeing a leaf and then no CA means that the CA is really
    // gone, whatever another copy of the controller does meanwhile.
    const leaves = await this.readLeaves(plan);
    let failure: AuthorityFailure | undefined;
    await tally.run(async () => {
      failure = await this.certificates(plan, leaves, tally);
    });
    const passwords = plan.passwords.map((one) => tally.run(() => this.password(one)));
    await Promise.all(passwords);
    if (plan.approveKubeletServing) await tally.run(() => this.kubelets());
    this.reportLeaves(leaves);
    const { component } = this.options;
    const own = [...leaves].find(([leaf]) => leaf.component === component);
    return {
      again: tally.again,
      failure: failure ?? (tally.refused ? 'ApiRefused' : undefined),
      message: failure ? undefined : tally.refused,
      material: materialOf(own?.[1]),
    };
  }

  private async readLeaves(plan: CertificatePlan): Promise<LeafSecrets> {
    const { kube, metrics } = this.options;
    const found: LeafSecrets = new Map();
    const missing = new Set<string>();
    const read = plan.leaves.map(async (leaf) => {
      const ref = { namespace: leaf.namespace, name: leaf.secret };
      const secret = await kube.getSecret(ref);
      if (secret) found.set(leaf, secret);
      else missing.add(leaf.component);
      await this.reportPresence(ref, secret);
    });
    await Promise.all(read);
    const components = plan.leaves.map(({ component }) => component);
    metrics.setMissing(components, missing);
    return found;
  }

  /** CA, leaves and the next step of a rotation; `leaves` then holds what was written. */
  private async certificates(
    plan: CertificatePlan,
    leaves: LeafSecrets,
    tally: Tally,
  ): Promise<AuthorityFailure | undefined> {
    const { kube, clock, metrics } = this.options;
    const ref = { namespace: plan.authority.namespace, name: plan.authority.secret };
    const secret = await kube.getSecret(ref);
    const stored = [...leaves.values()];
    const exist = stored.some(({ data }) => Boolean(data?.['tls.crt']));
    const anchors = stored.flatMap((one) => leafAnchors(one, clock.now()));
    const state = secret
      ? await this.keeper.resolve(plan, secret, { exist, anchors })
      : missingAuthority(exist);
    metrics.setAuthority(state.ok ? state.authority : undefined);
    await this.reportAuthority(ref, state);
    if (!state.ok) return state.reason;
    const settled = await this.leaves(plan, state.authority, leaves, tally);
    if (await this.keeper.advance(plan, state, settled)) tally.again = true;
    return undefined;
  }

  /** Every leaf that has a Secret; true when there was nothing to do and no restart is under way. */
  private async leaves(
    plan: CertificatePlan,
    authority: Authority,
    leaves: LeafSecrets,
    tally: Tally,
  ): Promise<boolean> {
    const { kube, clock, logger, metrics, generateKey } = this.options;
    const context = { kube, plan, authority, generateKey, now: clock.now() };
    let settled = true;
    const work = [...leaves].map(async ([leaf, secret]) => {
      const done = await tally.run(async () => {
        const outcome = await ensureLeaf(context, leaf, secret);
        leaves.set(leaf, outcome.secret);
        settled &&= outcome.settled;
        const { renewed: reason } = outcome;
        if (!reason) return;
        metrics.countRenewal(leaf.component, reason);
        logger.info({ component: leaf.component, reason }, 'certificate issued');
      });
      settled &&= done;
    });
    await Promise.all(work);
    return settled;
  }

  private async password(planned: PlannedPassword): Promise<void> {
    const { kube, logger } = this.options;
    const ref = { namespace: planned.namespace, name: planned.secret };
    const secret = await kube.getSecret(ref);
    await this.reportPresence(ref, secret);
    if (!secret || !(await ensurePassword(kube, planned, secret))) return;
    logger.info({ secret: `${ref.namespace}/${ref.name}` }, 'password generated');
  }

  private async kubelets(): Promise<void> {
    for (const result of await this.approver.pass()) this.options.metrics.countCsr(result);
  }

  private async reportPresence(ref: ObjectRef, secret: Secret | undefined): Promise<void> {
    if (secret) return this.warnings.over(ref, SECRET_MISSING);
    const message = `Secret ${ref.namespace}/${ref.name} does not exist: ${CREATE_CURE}`;
    await this.warnings.give({ secret: ref, reason: SECRET_MISSING, message });
  }

  private async reportAuthority(
    ref: ObjectRef,
    state: { ok: true } | { ok: false; reason: AuthorityFailure; message: string },
  ): Promise<void> {
    const reason = state.ok ? undefined : state.reason;
    for (const other of AUTHORITY_FAILURES) {
      if (other !== reason) this.warnings.over(ref, other);
    }
    if (state.ok) return;
    await this.warnings.give({ secret: ref, reason: state.reason, message: state.message });
  }

  private reportLeaves(leaves: LeafSecrets): void {
    const certificates = new Map<string, X509Certificate>();
    for (const [{ component }, secret] of leaves) {
      const certificate = leafOf(secret);
      if (certificate) certificates.set(component, certificate);
    }
    this.options.metrics.setLeaves(certificates);
  }
}

function missingAuthority(leavesExist: boolean): {
  ok: false;
  reason: AuthorityFailure;
  message: string;
} {
  const message = leavesExist
    ? `the CA's Secret is gone while certificates of it are in use: ${CREATE_CURE}, then ${RECOVER_CURE}`
    : `the CA's Secret does not exist: ${CREATE_CURE}`;
  return { ok: false, reason: 'CertificateAuthorityMissing', message };
}
