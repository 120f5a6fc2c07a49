import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Backoff } from '../../../services/shared/backoff';
import { pause } from '../async';
import type { Answer } from '../door';

export type LabelSet = Readonly<Record<string, string>>;

/** An alert as Alertmanager holds it. */
export interface HeldAlert {
  readonly group: string;
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  readonly startsAt: Date;
  /** Absent while it fires. */
  readonly endsAt?: Date;
}

interface Events {
  /** The router took over these; each as it stood in the body. */
  accepted: [readonly HeldAlert[]];
  /** The router could not be reached, or answered that it cannot accept now. */
  postponed: [string];
  /** The router refused for good, which it never should: a real Alertmanager would forget these. */
  refused: [string];
}

/** Hands a body to the router. */
export type Post = (body: unknown) => Promise<Answer>;

/** Before the first notification of a change, in milliseconds, so that what comes together goes together. */
const GROUP_WAIT_MS = 300;
/** Go's zero time: what Alertmanager writes for the end of an alert that fires. */
const NO_END = '0001-01-01T00:00:00Z';

/**
 * Stands in for Alertmanager: keeps groups of alerts, and posts a group as a whole whenever it changes, one post of a
 * group at a time. What is not accepted is tried again with the same bytes, as Alertmanager does for 5xx and broken
 * connections. Resolved alerts leave the group with the post that says so.
 */
export class Alertmanager extends EventEmitter<Events> {
  private readonly groups = new Map<string, Group>();

  public constructor(
    private readonly post: Post,
    private readonly signal: AbortSignal,
  ) {
    super();
  }

  /** Changes that no accepted body has told yet. */
  public get unaccepted(): number {
    return [...this.groups.values()].reduce((sum, group) => sum + group.untold, 0);
  }

  /** An alert begins, or ends. */
  public put(alert: HeldAlert): void {
    const group = this.groups.get(alert.group) ?? { alerts: new Map(), untold: 0, busy: false };
    this.groups.set(alert.group, group);
    group.alerts.set(fingerprintOf(alert.labels), alert);
    group.untold += 1;
    if (!group.busy) void this.notify(alert.group, group);
  }

  /** Forgets all alerts, without a word to anybody; what is on its way, arrives. */
  public forget(): void {
    this.groups.clear();
  }

  private async notify(name: string, group: Group): Promise<void> {
    group.busy = true;
    try {
      while (group.untold > 0) await this.flush(name, group);
    } catch (error) {
      if (!this.signal.aborted) throw error;
    } finally {
      group.busy = false;
    }
  }

  private async flush(name: string, group: Group): Promise<void> {
    await pause(GROUP_WAIT_MS, this.signal);
    const told = [...group.alerts];
    const changes = group.untold;
    const isAccepted = await this.deliver(bodyOf(name, told));
    group.untold -= changes;
    for (const [fingerprint, alert] of told) {
      const isCurrent = group.alerts.get(fingerprint) === alert;
      if (alert.endsAt && isCurrent) group.alerts.delete(fingerprint);
    }
    const alerts = told.map(([, alert]) => alert);
    if (isAccepted) this.emit('accepted', alerts);
  }

  /** Posts until there is an answer that is final; true when it is 2xx. */
  private async deliver(body: unknown): Promise<boolean> {
    const backoff = new Backoff({ firstMs: 500, maxMs: 2_000 });
    for (;;) {
      const reason = await this.post(body).then(
        ({ status }) => {
          if (status >= 200 && status < 300) return undefined;
          return { final: status < 500, text: `it answered ${status}` };
        },
        () => ({ final: false, text: 'it cannot be reached' }),
      );
      this.signal.throwIfAborted();
      if (reason === undefined) return true;
      this.emit(reason.final ? 'refused' : 'postponed', reason.text);
      if (reason.final) return false;
      await pause(backoff.next(), this.signal);
    }
  }
}

interface Group {
  /** By fingerprint. */
  readonly alerts: Map<string, HeldAlert>;
  /** Changes since the last body that was answered. */
  untold: number;
  busy: boolean;
}

/** 16 hexadecimal digits that follow from the labels. */
export function fingerprintOf(labels: LabelSet): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

/** A webhook body of version 4. */
function bodyOf(group: string, told: readonly (readonly [string, HeldAlert])[]): unknown {
  const alerts = told.map(([fingerprint, alert]) => ({
    status: alert.endsAt ? 'resolved' : 'firing',
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: alert.startsAt.toISOString(),
    endsAt: alert.endsAt?.toISOString() ?? NO_END,
    generatorURL: 'https://prometheus.monitoring.svc:9090/graph',
    fingerprint,
  }));
  return {
    version: '4',
    receiver: 'alert-router',
    status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
    groupKey: `{}:{${group}}`,
    groupLabels: { group },
    commonLabels: common(told.map(([, { labels }]) => labels)),
    commonAnnotations: common(told.map(([, { annotations }]) => annotations)),
    externalURL: 'https://alertmanager.monitoring.svc:9093',
    truncatedAlerts: 0,
    alerts,
  };
}

/** What all have in common. */
function common(sets: readonly LabelSet[]): LabelSet {
  const [first = {}, ...others] = sets;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((set) => set[name] === value)),
  );
}
