import type { X509Certificate } from 'node:crypto';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { registerProcessMetrics } from '../../shared/process-metrics';
import { type Authority, PHASES } from './authority';
import type { CsrRefusal } from './kubelet-csr';
import type { RenewalReason } from './policies';
import type { AuthorityFailure } from './rotation';

/** Why the controller is not doing all of its work; a metric's label, so the list is closed. */
export const FAILURES = [
  'CertificateAuthorityMissing',
  'CertificateAuthorityUnreadable',
  'PlanInvalid',
  'ApiUnreachable',
  'ApiRefused',
  'Internal',
] as const;
export type Failure = (typeof FAILURES)[number] | AuthorityFailure;

/** All metrics of the controller. */
export class ControllerMetrics {
  readonly registry = new Registry();

  private readonly notAfter = this.gauge(
    'vigil_certificate_not_after_seconds',
    'End of a leaf certificate, in seconds since the Unix epoch.',
    ['component'],
  );
  private readonly notBefore = this.gauge(
    'vigil_certificate_not_before_seconds',
    'Start of a leaf certificate, in seconds since the Unix epoch.',
    ['component'],
  );
  private readonly lifetime = this.gauge(
    'vigil_certificate_lifetime_seconds',
    'Whole lifetime of a leaf certificate.',
    ['component'],
  );
  private readonly authorityNotAfter = this.gauge(
    'vigil_certificate_authority_not_after_seconds',
    'End of a CA (of the first certificate in its chain to end), in seconds since the Unix epoch.',
    ['role'],
  );
  private readonly phase = this.gauge(
    'vigil_certificate_rotation_phase',
    '1 for the phase in which the root rotation is.',
    ['phase'],
  );
  private readonly error = this.gauge(
    'vigil_certificate_controller_error',
    '1 while the controller cannot do its work for this reason.',
    ['reason'],
  );
  private readonly missing = this.gauge(
    'vigil_certificate_secret_missing',
    '1 while the Secret of this component does not exist.',
    ['component'],
  );
  private readonly renewals = new Counter({
    name: 'vigil_certificate_renewals_total',
    help: 'Leaf certificates issued, by reason.',
    labelNames: ['component', 'reason'],
    registers: [this.registry],
  });
  private readonly csrs = new Counter({
    name: 'vigil_certificate_kubelet_csr_total',
    help: 'Kubelet serving requests looked at, by result; one left pending counts at each look.',
    labelNames: ['result'],
    registers: [this.registry],
  });
  private readonly duration = new Histogram({
    name: 'vigil_certificate_controller_reconcile_duration_seconds',
    help: 'Duration of a pass over the plan.',
    buckets: [0.05, 0.2, 1, 5, 20],
    registers: [this.registry],
  });
  private readonly lastSuccess = this.gauge(
    'vigil_certificate_controller_last_success_timestamp_seconds',
    'When a pass last ended without an error, in seconds since the Unix epoch.',
  );

  constructor() {
    registerProcessMetrics(this.registry);
    this.setFailure(undefined);
  }

  /** Which leaves exist, replacing what was known. */
  setLeaves(leaves: ReadonlyMap<string, X509Certificate>): void {
    for (const gauge of [this.notAfter, this.notBefore, this.lifetime]) gauge.reset();
    for (const [component, certificate] of leaves) {
      const start = certificate.validFromDate.getTime() / 1000;
      const end = certificate.validToDate.getTime() / 1000;
      this.notBefore.set({ component }, start);
      this.notAfter.set({ component }, end);
      this.lifetime.set({ component }, end - start);
    }
  }

  /** The CA as it stands; undefined when it cannot be used. */
  setAuthority(authority: Authority | undefined): void {
    this.authorityNotAfter.reset();
    if (!authority) return;
    const seconds = (date: Date): number => date.getTime() / 1000;
    this.authorityNotAfter.set({ role: 'active' }, seconds(authority.active.notAfter));
    if (authority.next)
      this.authorityNotAfter.set({ role: 'next' }, seconds(authority.next.notAfter));
    for (const phase of PHASES) this.phase.set({ phase }, phase === authority.phase ? 1 : 0);
  }

  /** Components whose Secret does not exist, replacing what was known. */
  setMissing(all: Iterable<string>, missing: ReadonlySet<string>): void {
    this.missing.reset();
    for (const component of all) this.missing.set({ component }, missing.has(component) ? 1 : 0);
  }

  /** The one reason why the controller is not at work, or undefined. */
  setFailure(failure: Failure | undefined): void {
    for (const reason of FAILURES) this.error.set({ reason }, reason === failure ? 1 : 0);
  }

  countRenewal(component: string, reason: RenewalReason): void {
    this.renewals.inc({ component, reason });
  }

  countCsr(result: CsrRefusal | 'approved'): void {
    this.csrs.inc({ result });
  }

  /** After a pass: how long it took, and the time if it succeeded. */
  observePass(seconds: number, succeededAt: Date | undefined): void {
    this.duration.observe(seconds);
    if (succeededAt) this.lastSuccess.set(succeededAt.getTime() / 1000);
  }

  private gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }
}
