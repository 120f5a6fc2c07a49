import { STAGES, type Stage, type StageTimes } from '../passage';
import type { DrillRule } from './rules';

/** The stages of a drill: that the fault can be seen at all, and then those of its alert. */
export const DRILL_STAGES = ['seen', ...STAGES] as const;
export type DrillStage = 'seen' | Stage;

export type DrillTimes = StageTimes & { readonly seen?: number };

/** One way of an alert, as it was watched: from the fault to the people, or from its end. */
export interface Way {
  readonly status: 'firing' | 'resolved';
  /** When the fault began, or was over; milliseconds since the Unix epoch, as are the times. */
  readonly since: number;
  readonly times: DrillTimes;
  /** What the rule itself waits for, in seconds: its `for`, and the time that it measures over. */
  readonly waits: { readonly for: number; readonly window: number };
}

/** Seconds from the fault, or its end, to a stage; undefined when it was not reached. */
export const secondsTo = ({ since, times }: Way, stage: DrillStage): number | undefined => {
  const at = stage === 'delivered' ? (times.delivered ?? times.parked) : times[stage];
  return at === undefined ? undefined : (at - since) / 1000;
};

/** Stages that a way has. An end leaves nothing to be seen. */
export const stagesOf = ({ status }: Pick<Way, 'status'>): readonly DrillStage[] =>
  status === 'firing' ? DRILL_STAGES : STAGES;

/** What a rule itself has waited for when a stage is reached: to see that something is there, it needs no `for`. */
const ownOf = ({ waits }: Way, stage: DrillStage): number =>
  stage === 'seen' || stage === 'active' ? waits.window : waits.for + waits.window;

/** Seconds from the fault, or its end, to a stage, without what the rule itself waits for; undefined: not reached. */
export function secondsBeyond(way: Way, stage: DrillStage = 'delivered'): number | undefined {
  const whole = secondsTo(way, stage);
  return whole === undefined ? undefined : whole - ownOf(way, stage);
}

/**
 * What is wrong with a way: a stage that was not reached, or that took too long; undefined when all is well.
 *
 * @param within seconds that each stage may take beyond what the rule itself waits for before it
 */
export function problemOf(way: Way, rule: DrillRule, within: number): string | undefined {
  const missing = stagesOf(way).find((stage) => secondsTo(way, stage) === undefined);
  if (missing !== undefined) {
    return `${way.status}: stage '${missing}' was not reached; ${whereToLook(missing, way, rule)}`;
  }
  const beyond = (stage: DrillStage): number => secondsBeyond(way, stage) ?? Infinity;
  const late = stagesOf(way).find((stage) => beyond(stage) > within);
  if (late === undefined) return undefined;
  return `${way.status}: ${late} ${beyond(late).toFixed(1)} s after the rule's own ${ownOf(way, late)} s, allowed are ${within} s`;
}

function whereToLook(stage: DrillStage, { status }: Way, { alert, source }: DrillRule): string {
  const ruler = source === 'loki' ? 'Loki' : 'Prometheus';
  switch (stage) {
    case 'seen':
      return source === 'loki'
        ? 'does the log arrive? `vigil status` shows Alloy and Loki'
        : 'is it scraped? `vigil status` shows the targets';
    case 'active':
    case 'firing':
      return status === 'firing'
        ? `${ruler} evaluates the rule, see ${alert.annotations.runbook_url}`
        : `${ruler} still sees the fault, see ${alert.annotations.runbook_url}`;
    case 'alertmanager':
      return `${ruler} hands over to Alertmanager: \`vigil status\`, docs/runbooks/AlertsNotSent.md`;
    case 'accepted':
    case 'delivered':
      return '`vigil alerts` shows the destinations; an alert that is silenced or explained by another is not told';
  }
}
