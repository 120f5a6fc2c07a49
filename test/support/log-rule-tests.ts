import { setTimeout as delay } from 'node:timers/promises';
import { toYaml } from '../../constructs/kubernetes';
import { LOG_JOBS } from '../../constructs/loki/streams';
import { alertsOf, type Alert, type RuleGroup } from '../../constructs/prometheus/rules';
import { describeWithLoki, type LokiServer, type PushedStream } from './loki-server';

type Labels = Readonly<Record<string, string>>;

/** Lines of one stream that are alike. */
export interface Said {
  readonly job: keyof typeof LOG_JOBS;
  /** Labels of the stream beside `job`. */
  readonly labels: Labels;
  readonly metadata?: Labels;
  readonly line: string;
  /** Seconds before the moment at which the rule is evaluated; one line each. */
  readonly ago: readonly number[];
}

export interface LogCase {
  readonly alert: string;
  /** What follows its name in a sentence. */
  readonly title: string;
  readonly lines: readonly Said[];
  /** Labels and value of what fires at that moment; none: it is quiet. */
  readonly fires: readonly { readonly labels: Labels; readonly value: number }[];
}

/** So many seconds, one after the other, the last of them `ago`. */
export const times = (count: number, ago = 10): number[] =>
  Array.from({ length: count }, (_, index) => ago + (count - 1 - index) / 10);

/** Cases are so far from each other that no rule of a short window sees two. */
const APART_MS = 11 * 60_000;
/** The newest of them, so that the ruler, which looks at the present, sees none. */
const FIRST_MS = 15 * 60_000;
/** Loki asks its memory, where new lines are, about this time only (`query_ingesters_within`). */
const REACH_MS = 3 * 3_600_000;
/** Of the ruler: three evaluations. */
const PATIENCE_MS = 30_000;

/**
 * Runs the rules of a group against a real Loki: each case at a moment of its own through the query API, and all that
 * fire through the ruler too, which fills in the texts.
 */
export function describeLogRules(group: RuleGroup, cases: readonly LogCase[]): void {
  const alerts = alertsOf(group);
  const names = [...new Set(alerts.map(({ alert }) => alert))];
  const start = Date.now() - FIRST_MS;
  const momentOf = (index: number): number => start - index * APART_MS;
  if (momentOf(cases.length) < Date.now() - REACH_MS) {
    throw new Error(`too many cases of ${group.name} for one Loki: ${cases.length}`);
  }

  test.each(names)('%s has a quiet and a firing case', (name) => {
    const fires = cases.filter(({ alert }) => alert === name).map((row) => row.fires.length > 0);

    expect(new Set(fires)).toEqual(new Set([true, false]));
  });

  describeWithLoki(`rules of ${group.name}`, (startLoki) => {
    let loki: LokiServer;

    beforeAll(async () => {
      // Without an interval of its own and the time for which it must hold, so that no test waits for them.
      const { name } = group;
      const rules = group.rules.map((rule) => ('alert' in rule ? { ...rule, for: '0s' } : rule));
      loki = await startLoki({ rules: { 'rules.yml': toYaml({ groups: [{ name, rules }] }) } });
      // The oldest first: Loki refuses lines that are much older than the last one of their stream.
      const rows = cases.map(({ lines }, index) => ({ lines, moment: momentOf(index) }));
      for (const { lines, moment } of rows.reverse()) await loki.push(streamsOf(lines, moment));
      if (cases.some(isBeyondReach)) await loki.flush();
    }, 60_000);

    afterAll(() => loki.stop());

    const ruled = async () => (await loki.rules()).flatMap(({ rules }) => rules);

    test('Loki loads all of them', async () => {
      const loaded = await until(ruled, (rules) => rules.every(({ health }) => health === 'ok'));

      expect(loaded.map(({ name, health, lastError }) => [name, health, lastError])).toEqual(
        alerts.map(({ alert }) => [alert, 'ok', '']),
      );
    }, 60_000);

    const resultsOf = async ({ expr }: Alert, index: number) =>
      (await loki.query(expr, new Date(momentOf(index)))).map(({ metric, value }) => ({
        labels: metric,
        value: Number(value?.[1]),
      }));

    test.each(cases.map((row, index) => ({ ...row, index })))(
      '$alert $title',
      async ({ alert: name, fires, index }) => {
        const rules = alerts.filter(({ alert }) => alert === name);
        const found = (await Promise.all(rules.map((rule) => resultsOf(rule, index)))).flat();

        expect(found).toHaveLength(fires.length);
        expect(found).toEqual(
          expect.arrayContaining(
            fires.map(({ labels, value }) => ({
              labels,
              value: expect.closeTo(value, 3) as number,
            })),
          ),
        );
      },
    );

    // Several rules may have one name, and the cases of a name be of one of them.
    test.each(alerts.map((rule, index) => ({ rule, title: `rule ${index}, ${rule.alert},` })))(
      '$title fires in a case and is quiet in another',
      async ({ rule }) => {
        const results = await Promise.all(
          cases.flatMap(({ alert }, index) =>
            alert === rule.alert ? [resultsOf(rule, index)] : [],
          ),
        );

        expect(new Set(results.map(({ length }) => length > 0))).toEqual(new Set([true, false]));
      },
    );

    test('the ruler fires each, with texts that say what and where', async () => {
      for (const { lines, fires } of cases) {
        if (fires.length > 0) await loki.push(streamsOf(lines, Date.now()));
      }
      const rules = await until(ruled, (now) => now.every(({ state }) => state === 'firing'));
      const raised = rules.flatMap(({ alerts: active = [] }) => active);

      expect(rules.map(({ name, state }) => [name, state])).toEqual(
        alerts.map(({ alert }) => [alert, 'firing']),
      );
      for (const { labels, annotations } of raised) {
        const text = `${annotations.summary} ${annotations.description} ${labels.service}`;

        expect(labels).toMatchObject({
          severity: expect.stringMatching(/^(warning|critical)$/) as string,
          category: expect.stringMatching(/./) as string,
        });
        expect(text).not.toMatch(/{{|}}|<no value>|<error|\s{2}|%!/);
      }
    }, 60_000);
  });
}

const isBeyondReach = ({ lines }: LogCase): boolean =>
  lines.some(({ ago }) => Math.max(...ago) * 1000 > REACH_MS);

/** Each line is unique in its place, as Loki keeps only one of two that are equal at the same time. */
function streamsOf(lines: readonly Said[], moment: number): PushedStream[] {
  const byLabels = new Map<string, PushedStream['lines'][number][]>();
  for (const { job, labels, metadata, line, ago } of lines) {
    const key = JSON.stringify({ job: LOG_JOBS[job], ...labels });
    const pushed = ago.map((seconds) => ({
      line,
      at: new Date(Math.round(moment - seconds * 1000)),
      ...(metadata && { metadata }),
    }));
    byLabels.set(key, [...(byLabels.get(key) ?? []), ...pushed]);
  }
  return [...byLabels].map(([key, pushed]) => ({
    labels: JSON.parse(key) as Labels,
    lines: pushed.sort((one, other) => one.at!.getTime() - other.at!.getTime()),
  }));
}

/** The last answer, after some time at the most; whether it is the right one is for the test to say. */
async function until<T>(ask: () => Promise<T>, isRight: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isRight(answer) || Date.now() > end) return answer;
    await delay(500);
  }
}
