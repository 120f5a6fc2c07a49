import { formatTable, type Output } from '../output';
import type { Outcome } from './conduct';
import type { Drill } from './drill';
import {
  secondsBeyond,
  secondsTo,
  stagesOf,
  type DrillStage,
  DRILL_STAGES,
  type Way,
} from './timeline';

/** The drills, a line for each. */
export const renderList = (drills: readonly Drill[]): string =>
  [
    ...formatTable(drills.map(({ name, summary, alert }) => [name, summary, alert])),
    '',
    '`vigil drill <name>` conducts one, `vigil drill all` all of them.',
  ].join('\n');

/** When each stage of each drill was, in seconds since the fault or its end, and what went wrong. */
export function renderOutcomes(
  outcomes: readonly Outcome[],
  output: Pick<Output, 'style'>,
): string {
  const header = [
    'DRILL',
    'WAY',
    'SINCE',
    ...DRILL_STAGES.map((stage) => stage.toUpperCase()),
    'RULE WAITS',
    'BEYOND',
  ];
  const rows = outcomes.flatMap(({ drill, ways }) => ways.map((way) => rowOf(drill, way)));
  const lines = rows.length === 0 ? [] : formatTable([header, ...rows]);
  const notes = outcomes.flatMap(notesOf);
  return [...lines, ...(notes.length > 0 ? ['', ...notes] : []), '', verdict(outcomes, output)]
    .join('\n')
    .trim();
}

function rowOf({ name }: Drill, way: Way): string[] {
  const { status, waits } = way;
  const beyond = secondsBeyond(way);
  return [
    status === 'firing' ? name : '',
    status,
    new Date(way.since).toISOString().slice(11, 19),
    ...DRILL_STAGES.map((stage) => cellOf(way, stage)),
    waitsText(waits),
    beyond === undefined ? '' : beyond.toFixed(1),
  ];
}

function cellOf(way: Way, stage: DrillStage): string {
  if (!stagesOf(way).includes(stage)) return '';
  const seconds = secondsTo(way, stage);
  if (seconds === undefined) return 'never';
  const isParked = stage === 'delivered' && way.times.delivered === undefined;
  return isParked ? 'parked' : seconds.toFixed(1);
}

const waitsText = ({ for: forSeconds, window }: Way['waits']): string => {
  const parts = [
    ...(forSeconds > 0 ? [`for ${forSeconds}`] : []),
    ...(window > 0 ? [`window ${Math.round(window)}`] : []),
  ];
  return parts.join(' + ') || '-';
};

function notesOf({ drill, ways, state, reasons }: Outcome): string[] {
  const isParked = ways.some(({ times }) => times.parked !== undefined);
  return [
    ...reasons.map((reason) => `${drill.name} ${state}: ${reason}`),
    ...(isParked
      ? [
          `${drill.name} parked: the router has it, its destinations wait for credentials (\`vigil alerts\`)`,
        ]
      : []),
  ];
}

function verdict(outcomes: readonly Outcome[], output: Pick<Output, 'style'>): string {
  const count = (state: Outcome['state']): number =>
    outcomes.filter((outcome) => outcome.state === state).length;
  const failed = count('failed');
  const text = `${count('passed')} passed, ${failed} failed, ${count('skipped')} skipped`;
  return output.style(failed > 0 ? 'red' : 'green', text);
}

/** An outcome as `--json` prints it; times in seconds since the fault or its end. */
export const reportOf = ({ drill, rule, labels, ways, state, reasons }: Outcome): object => ({
  name: drill.name,
  state,
  reasons,
  alert: drill.alert,
  severity: rule.alert.labels.severity,
  labels,
  ways: ways.map((way) => ({
    status: way.status,
    since: new Date(way.since).toISOString(),
    stages: Object.fromEntries(
      stagesOf(way).map((stage) => [stage, secondsTo(way, stage) ?? null]),
    ),
    parked: way.times.parked !== undefined,
    waits: way.waits,
    beyond: secondsBeyond(way) ?? null,
  })),
});
