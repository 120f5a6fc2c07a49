import type { CertificatePlan } from '../../../constructs/topology/certificate-plan';
import { Backoff } from '../../shared/backoff';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { TlsMaterial } from '../../shared/tls-server';
import { UnreachableError } from './kube';
import type { ControllerMetrics, Failure } from './metrics';
import { PlanError } from './plan';
import type { PassOutcome } from './reconcile';

/** Between passes, in milliseconds: eager while a cluster comes up, calm afterwards. */
const EAGER_INTERVAL_MS = 2_000;
const INTERVAL_MS = 10_000;
const EAGER_FOR_MS = 120_000;
/** After a conflict: long enough for two copies to get out of step. */
const AGAIN_MS = 100;
/** Every wait is up to this share longer. */
const JITTER = 0.2;
const RETRY = { firstMs: 1_000, maxMs: 15_000 };

export interface LoopOptions {
  readonly readPlan: () => Promise<CertificatePlan>;
  readonly pass: (plan: CertificatePlan) => Promise<PassOutcome>;
  /** Called after each pass in which the controller has a certificate of its own. */
  readonly onMaterial: (material: TlsMaterial) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ControllerMetrics;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** Runs pass after pass. No error ends it: each is logged once for as long as it lasts. */
export class Loop {
  private readonly backoff: Backoff;
  private readonly random: () => number;
  private plan: CertificatePlan | undefined;
  private failure: Failure | undefined;

  constructor(private readonly options: LoopOptions) {
    this.random = options.random ?? Math.random;
    this.backoff = new Backoff({ ...RETRY, random: this.random });
  }

  /** Resolves when the signal aborts and the running pass is over. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    const start = clock.monotonic();
    while (!signal.aborted) {
      const wait = await this.once();
      const eager = clock.monotonic() - start < EAGER_FOR_MS;
      const interval = wait ?? (eager ? EAGER_INTERVAL_MS : INTERVAL_MS);
      await clock.sleep(interval * (1 + JITTER * this.random()), signal);
    }
  }

  /** One pass; returns how many milliseconds to wait, or undefined for the usual interval. */
  private async once(): Promise<number | undefined> {
    const { clock, metrics } = this.options;
    const start = clock.monotonic();
    const seconds = (): number => (clock.monotonic() - start) / 1000;
    try {
      const outcome = await this.passWithPlan();
      this.backoff.reset();
      metrics.observePass(seconds(), outcome.failure ? undefined : clock.now());
      return outcome.again ? AGAIN_MS : undefined;
    } catch (error) {
      metrics.observePass(seconds(), undefined);
      const unreachable = error instanceof UnreachableError;
      this.setFailure(unreachable ? 'ApiUnreachable' : 'Internal', (error as Error).message);
      return this.backoff.next();
    }
  }

  private async passWithPlan(): Promise<PassOutcome> {
    const { pass, onMaterial } = this.options;
    const planError = await this.refreshPlan();
    if (!this.plan) throw planError ?? new Error('no plan');
    const outcome = await pass(this.plan);
    const failure = outcome.failure ?? (planError && 'PlanInvalid');
    this.setFailure(failure, outcome.failure ? outcome.message : planError?.message);
    if (outcome.material) await onMaterial(outcome.material);
    return { ...outcome, failure };
  }

  /** A plan that has become invalid is reported, and the last valid one stays in force. */
  private async refreshPlan(): Promise<Error | undefined> {
    try {
      this.plan = await this.options.readPlan();
      return undefined;
    } catch (error) {
      if (error instanceof PlanError) return error;
      throw error;
    }
  }

  private setFailure(failure: Failure | undefined, message?: string): void {
    const { metrics, logger } = this.options;
    metrics.setFailure(failure);
    if (failure === this.failure) return;
    this.failure = failure;
    if (!failure) logger.info('all in order');
    else if (message) logger.error({ reason: failure }, message);
  }
}
