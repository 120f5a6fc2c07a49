import type { Alert, RuleGroup } from '../../constructs/prometheus/rules';
import { firing, ruleNamed, type RuleTest } from './rule-tests';

/** Values by series, both in promtool's spelling; one sample a minute. */
type Series = Readonly<Record<string, string>>;

interface Told {
  /** All labels of the alert but those that it always has. */
  readonly labels: Readonly<Record<string, string>>;
  /** `$value` as the description prints it. */
  readonly value?: string;
}

interface Scenario {
  readonly title: string;
  readonly series: Series;
  /** The last moment at which it must still be quiet; none for what fires from the first moment. */
  readonly quietAt?: string;
  readonly firesAt: string;
  /** What fires then, and nothing else. */
  readonly about: readonly Told[];
}

/** An alert that is quiet at one moment and fires at the next, about exactly these. */
export function fires(group: RuleGroup, name: string, scenario: Scenario): RuleTest {
  const { title, series, quietAt, firesAt, about } = scenario;
  const alert = ruleNamed(group, name);
  return {
    name: `${name} ${title}`,
    ...inputOf(series),
    alert_rule_test: [
      ...(quietAt ? [{ eval_time: quietAt, alertname: name, exp_alerts: [] }] : []),
      {
        eval_time: firesAt,
        alertname: name,
        exp_alerts: about.map((told) => rendered(alert, told)),
      },
    ],
  };
}

/** An alert that stays quiet at all these moments. */
export const quiet = (
  group: RuleGroup,
  name: string,
  scenario: Pick<Scenario, 'title' | 'series'> & { readonly at: readonly string[] },
): RuleTest => ({
  name: `${ruleNamed(group, name).alert} is quiet ${scenario.title}`,
  ...inputOf(scenario.series),
  alert_rule_test: scenario.at.map((moment) => ({
    eval_time: moment,
    alertname: name,
    exp_alerts: [],
  })),
});

const inputOf = (series: Series): Pick<RuleTest, 'interval' | 'input_series'> => ({
  interval: '1m',
  input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
});

/** promtool compares with what Prometheus makes of the templates, so that a mistake here fails the test. */
function rendered(alert: Alert, { labels, value = '' }: Told): ReturnType<typeof firing> {
  const fill = (template: string): string =>
    template
      .replaceAll(/{{ \$labels\.(\w+) }}/g, (_, label: string) => labels[label] ?? '')
      .replaceAll(/{{ \$value[^}]*}}/g, value);
  return firing(
    alert,
    { ...labels, service: fill(alert.labels.service) },
    {
      summary: fill(alert.annotations.summary),
      description: fill(alert.annotations.description),
    },
  );
}
