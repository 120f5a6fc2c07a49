import { toYaml } from '../../../constructs/kubernetes';
import { mean, percentOf } from '../../../constructs/grafana/dashboards/cluster/selectors';
import { orNone, orZero } from '../../../constructs/grafana/dashboards/common';
import { quantile } from '../../../constructs/grafana/dashboards/delivery/selectors';
import { describeWith } from '../../support/tools';

/** An expression, and what it says of a time when nothing happens and of one when something does. */
interface Case {
  readonly name: string;
  readonly expr: string;
  readonly quiet: Readonly<Record<string, number>>;
  readonly busy: Readonly<Record<string, number>>;
}

const cases: readonly Case[] = [
  {
    name: 'orZero is zero of nothing',
    expr: orZero('sum(letters{state="dead"} > 0)'),
    quiet: { '{}': 0 },
    busy: { '{}': 3 },
  },
  {
    name: 'orNone is a zero of its own name, and only in place of nothing',
    expr: orNone('sum by (state) (letters > 0)', 'state'),
    quiet: { '{state="none"}': 0 },
    busy: { '{state="dead"}': 3 },
  },
  {
    name: 'percentOf is zero of nothing, and of no failure',
    expr: percentOf('requests_total{code="500"}', 'requests_total'),
    quiet: { '{}': 0 },
    busy: { '{}': 25 },
  },
  {
    name: 'mean is zero of nothing',
    expr: mean('duration_seconds', '{job="a"}', 'node'),
    quiet: { '{node="one"}': 0 },
    busy: { '{node="one"}': 2 },
  },
  {
    name: 'quantile is zero of nothing',
    expr: quantile(0.5, 'duration_seconds'),
    quiet: { '{}': 0 },
    busy: { '{}': 2 },
  },
];

/** Counters of two hours that stand still for the first, and go up with each minute of the second. */
const counter = (step: number): string => `0x60 0+${step}x60`;

const series = [
  { series: 'letters{state="dead"}', values: '0x60 3x60' },
  { series: 'requests_total{code="500"}', values: counter(60) },
  { series: 'requests_total{code="200"}', values: counter(180) },
  { series: 'duration_seconds_sum{job="a",node="one"}', values: counter(120) },
  { series: 'duration_seconds_count{job="a",node="one"}', values: counter(60) },
  { series: 'duration_seconds_bucket{job="a",node="one",le="0"}', values: counter(0) },
  { series: 'duration_seconds_bucket{job="a",node="one",le="4"}', values: counter(60) },
  { series: 'duration_seconds_bucket{job="a",node="one",le="+Inf"}', values: counter(60) },
];

/** promtool's own spelling (docs/configuration/unit_testing_rules.md). */
const testOf = ({ expr, quiet, busy }: Case): object => ({
  interval: '1m',
  input_series: series,
  promql_expr_test: (
    [
      ['30m', quiet],
      ['120m', busy],
    ] as const
  ).map(([moment, samples]) => ({
    expr: expr.replaceAll('$__rate_interval', '5m'),
    eval_time: moment,
    exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
  })),
});

describeWith('promtool', 'promtool', (bench) => {
  test.each(cases)('$name', (row) => {
    const { run } = bench(() => ({ 'test.yml': toYaml({ tests: [testOf(row)] }) }));
    expect(run('test', 'rules', 'test.yml')).toMatchObject({ code: 0 });
  });

  test('would see another value', () => {
    const wrong = { ...cases[0], quiet: { '{}': 1 } } as Case;
    const { run } = bench(() => ({ 'test.yml': toYaml({ tests: [testOf(wrong)] }) }));
    expect(run('test', 'rules', 'test.yml').code).not.toBe(0);
  });
});
