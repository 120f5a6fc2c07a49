import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { registerProcessMetrics } from '../../shared/process-metrics';

/** What comes of an attempt to log in. */
export const LOGIN_OUTCOMES = ['succeeded', 'failed', 'rate_limited', 'overloaded'] as const;
export type LoginOutcome = (typeof LOGIN_OUTCOMES)[number];

/** A request that was answered. */
export interface Answered {
  readonly method: string;
  /** The route's template, or undefined when none matched. */
  readonly route: string | undefined;
  readonly code: number;
  readonly seconds: number;
}

/** The rest is `other`: whoever calls may not choose how many series there are. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST'];

/** Rate, errors and duration of the requests, and what else an operator asks. */
export class AppMetrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];

  private readonly requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'code'],
    registers: this.registers,
  });
  private readonly duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the headers of a request to the end of its answer.',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.02, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: this.registers,
  });
  private readonly inFlight = new Gauge({
    name: 'http_requests_in_flight',
    help: 'Requests not answered yet.',
    registers: this.registers,
  });
  private readonly logins = new Counter({
    name: 'login_attempts_total',
    help: 'Attempts to log in, by what came of them.',
    labelNames: ['outcome'],
    registers: this.registers,
  });

  constructor(version: string) {
    registerProcessMetrics(this.registry);
    new Gauge({
      name: 'app_build_info',
      help: 'Always 1; the labels say what runs.',
      labelNames: ['version', 'node_version'],
      registers: this.registers,
    }).set({ version, node_version: process.version }, 1);
    // So that the first attempt is an increase and not the birth of a series.
    for (const outcome of LOGIN_OUTCOMES) this.logins.inc({ outcome }, 0);
  }

  countBegin(): void {
    this.inFlight.inc();
  }

  countEnd({ method: verb, route = 'none', code, seconds }: Answered): void {
    const method = METHODS.includes(verb) ? verb : 'other';
    this.inFlight.dec();
    this.requests.inc({ method, route, code });
    this.duration.observe({ method, route }, seconds);
  }

  countLogin(outcome: LoginOutcome): void {
    this.logins.inc({ outcome });
  }
}
