import { toYaml } from '../../constructs/kubernetes';
import { alertsOf, type Alert, type RuleGroup } from '../../constructs/prometheus/rules';
import { describeWith, type Verdict } from './tools';

/** A moment of an alert, in promtool's own spelling (docs/configuration/unit_testing_rules.md). */
interface Moment {
  readonly eval_time: string;
  readonly alertname: string;
  /** What fires then; nothing means that it is quiet. */
  readonly exp_alerts: readonly {
    readonly exp_labels: Readonly<Record<string, string>>;
    readonly exp_annotations: Readonly<Record<string, string>>;
  }[];
}

export interface RuleTest {
  /** A sentence. */
  readonly name: string;
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test: readonly Moment[];
}

/** The labels and annotations with which an alert fires; `changes` are what its templates become. */
export function firing(
  alert: Alert,
  labels: Readonly<Record<string, string>>,
  changes: { readonly summary?: string; readonly description?: string } = {},
): Moment['exp_alerts'][number] {
  return {
    exp_labels: { severity: alert.labels.severity, category: alert.labels.category, ...labels },
    exp_annotations: { ...alert.annotations, ...changes },
  };
}

/**
 * The rule of this name.
 *
 * @throws Error when the group has none.
 */
export function ruleNamed(group: RuleGroup, name: string): Alert {
  const rule = alertsOf(group).find(({ alert }) => alert === name);
  if (!rule) throw new Error(`no alert ${name} in group ${group.name}`);
  return rule;
}

/** Runs tests of a group through promtool, and sees to it that every alert has a quiet and a firing moment. */
export function describeRules(
  group: RuleGroup,
  tests: readonly RuleTest[],
  options: { readonly alwaysFiring?: readonly string[] } = {},
): void {
  const moments = tests.flatMap((row) => row.alert_rule_test);
  const momentsOf = (name: string): Moment[] =>
    moments.filter(({ alertname }) => alertname === name);
  const names = [...new Set(alertsOf(group).map(({ alert }) => alert))];

  test.each(names)('%s has a quiet and a firing moment', (name) => {
    const always = options.alwaysFiring?.includes(name) ?? false;

    expect(momentsOf(name).some(({ exp_alerts: alerts }) => alerts.length > 0)).toBe(true);
    expect(momentsOf(name).some(({ exp_alerts: alerts }) => alerts.length === 0)).toBe(!always);
  });

  describeWith('promtool', `rules of ${group.name}`, (bench) => {
    const verdicts = new Map<string, Verdict>();
    // One start of the tool for all tests of an interval, which promtool takes for a file and not for a test.
    const verdictOf = (interval: string): Verdict => {
      const known = verdicts.get(interval);
      if (known) return known;
      const { run } = bench(() => ({
        'rules.yml': toYaml({ groups: [group] }),
        'test.yml': toYaml({
          rule_files: ['rules.yml'],
          evaluation_interval: interval,
          tests: tests.filter((row) => row.interval === interval),
        }),
      }));
      const verdict = run('test', 'rules', 'test.yml');
      verdicts.set(interval, verdict);
      return verdict;
    };

    test.each(tests)('$name', ({ name, interval }) => {
      expect(failuresOf(name, verdictOf(interval).output)).toEqual([]);
    });

    test.each([...new Set(tests.map(({ interval }) => interval))])(
      'promtool has nothing to say about those that evaluate every %s',
      (interval) => {
        const { code, output } = verdictOf(interval);

        expect(output).toMatch(/SUCCESS\s*$/);
        expect(code).toBe(0);
      },
    );
  });
}

/** What promtool says about the test of this name: each failure begins with the name of its test. */
const failuresOf = (name: string, output: string): string[] =>
  output.split(/\n(?=\s+name: )/).filter((failure) => failure.includes(`name: ${name},`));
