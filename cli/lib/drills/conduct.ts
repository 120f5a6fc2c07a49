import { routerConfig } from '../../../constructs/alert-router/config';
import { Router } from '../../../services/alert-router/src/routing/router';
import { pause, poll } from '../async';
import { CliError } from '../errors';
import { nanoseconds } from '../loki-api';
import { matches, type Labels } from '../passage';
import type { StageWatch } from '../stages';
import { NotHere, type Drill, type Evidence, type Fault, type Scene, type Window } from './drill';
import { ruleOf, type DrillRule } from './rules';
import { problemOf, type DrillTimes, type Way } from './timeline';

/** What became of a drill. */
export interface Outcome {
  readonly drill: Drill;
  readonly rule: DrillRule;
  /** Labels of the alert, its name among them; absent when it did not come to that. */
  readonly labels?: Labels;
  readonly ways: readonly Way[];
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was skipped; one for each way, at most. */
  readonly reasons: readonly string[];
}

export interface ConductOptions {
  readonly watch: Pick<StageWatch, 'activeAlerts' | 'follow'>;
  /** Seconds that each way may take beyond what the rule itself waits for. */
  readonly within: number;
  /** The scene for cleaning up, which goes on when the drill is interrupted. */
  readonly afterwards: Scene;
  /** Called when the fault is over, and everything as it was. */
  readonly onRestored: () => void;
}

const INTERVAL_MS = 1000;

/** What is late is watched so much longer, in seconds: how late tells more than that it was. */
const LATE_SECONDS = 60;

/**
 * Conducts a drill: causes the fault, watches its alert to the people, makes everything as it was, and watches the end of
 * the alert. What was changed is restored whatever happens.
 */
export async function conduct(
  drill: Drill,
  scene: Scene,
  options: ConductOptions,
): Promise<Outcome> {
  const rule = ruleOf(drill.alert, scene.settings, scene.topology);
  const ways: Way[] = [];
  let labels: Labels | undefined;
  const begin = async (): Promise<Course> => {
    const fault = await drill.prepare(scene);
    labels = { alertname: drill.alert, ...fault.labels };
    const window = (await drill.window?.(rule, scene)) ?? {};
    const course = new Course({ rule, labels, window }, scene, options);
    await course.untilQuiet();
    ways.push(await course.begin(fault));
    return course;
  };
  try {
    const course = await begin()
      .finally(() => drill.restore?.(options.afterwards))
      .finally(options.onRestored);
    // How something ends that never began is not worth waiting for.
    if (ways.every(({ times }) => times.firing !== undefined)) ways.push(await course.end());
  } catch (error) {
    if (!(error instanceof CliError) || scene.signal.aborted) throw error;
    const state = error instanceof NotHere ? 'skipped' : 'failed';
    return { drill, rule, labels, ways, state, reasons: [error.message] };
  }
  const problems = ways.map((way) => problemOf(way, rule, options.within));
  const reasons = problems.filter((problem) => problem !== undefined);
  const state = reasons.length === 0 ? 'passed' : 'failed';
  return { drill, rule, labels, ways, state, reasons };
}

/** One drill on its way. */
class Course {
  private readonly waits: Readonly<Record<Way['status'], Way['waits']>>;
  private readonly destinations: readonly string[];

  private readonly rule: DrillRule;
  private readonly labels: Labels;

  public constructor(
    { rule, labels, window }: { rule: DrillRule; labels: Labels; window: Window },
    private readonly scene: Scene,
    private readonly options: ConductOptions,
  ) {
    const { settings, topology } = scene;
    this.rule = rule;
    this.labels = labels;
    const { firing = 0, resolved = 0 } = window;
    this.waits = {
      firing: { for: rule.forSeconds, window: firing },
      resolved: { for: 0, window: resolved },
    };
    const router = new Router(routerConfig(settings, topology));
    this.destinations = router.route(allLabels(rule, labels)).destinations;
  }

  /**
   * Waits for the end of an alert of the same labels that fires already, such as that of a drill before.
   *
   * @throws CliError when it goes on for longer than its rule looks back.
   */
  public async untilQuiet(): Promise<void> {
    const { signal, report } = this.scene;
    const { alert, source, rangeSeconds } = this.rule;
    const timeoutMs = (rangeSeconds + this.options.within) * 1000;
    const isQuiet = async (): Promise<true | undefined> => {
      const active = await this.options.watch.activeAlerts(source);
      const isThere = active.some((one) =>
        matches({ ...one.labels, alertname: one.name }, this.labels),
      );
      if (isThere) report(`waiting for the end of an earlier ${alert.alert}`);
      return isThere ? undefined : true;
    };
    if (await poll(isQuiet, { signal, intervalMs: INTERVAL_MS, timeoutMs })) return;
    throw new CliError(`${alert.alert} fires already, and does not end; see \`vigil status\``);
  }

  public async begin({ cause, evidence }: Fault): Promise<Way> {
    const since = await cause();
    this.scene.report(
      `fault at ${new Date(since).toISOString()}; waiting for ${this.rule.alert.alert}`,
    );
    const [seen, way] = await Promise.all([
      this.look(evidence, since),
      this.follow('firing', since),
    ]);
    return { ...way, times: { ...way.times, ...(seen !== undefined && { seen }) } };
  }

  public async end(): Promise<Way> {
    this.scene.report(`over; waiting for the end of ${this.rule.alert.alert}`);
    return this.follow('resolved', Date.now());
  }

  private async follow(status: Way['status'], since: number): Promise<Way> {
    const { source } = this.rule;
    const { labels, destinations } = this;
    const times: DrillTimes = await this.options.watch.follow({
      labels,
      status,
      since,
      destinations,
      source,
      timeoutMs: since + this.patienceMs(status) - Date.now(),
    });
    return { status, since, times, waits: this.waits[status] };
  }

  /** When the fault could first be seen; undefined when it could not. */
  private async look(evidence: Evidence, since: number): Promise<number | undefined> {
    const { signal } = this.scene;
    const deadline = since + this.patienceMs('firing');
    while (Date.now() < deadline) {
      try {
        if (await this.isThere(evidence, since)) return Date.now();
      } catch (error) {
        if (!(error instanceof CliError) || signal.aborted) throw error;
      }
      await pause(INTERVAL_MS, signal);
    }
    return undefined;
  }

  private async isThere(evidence: Evidence, since: number): Promise<boolean> {
    const { prometheus, loki } = this.scene.stations;
    const found =
      'promql' in evidence
        ? await prometheus.ask((api) => api.query(evidence.promql))
        : await loki.ask((api) =>
            api.query(evidence.logql, { start: nanoseconds(since), limit: 1 }),
          );
    return found.length > 0;
  }

  private patienceMs(status: Way['status']): number {
    const { for: forSeconds, window } = this.waits[status];
    return (forSeconds + window + this.options.within + LATE_SECONDS) * 1000;
  }
}

/** The labels that the alert will bear, as far as they are known: those of its rule may name others (`{{ $labels.x }}`). */
function allLabels({ alert }: DrillRule, labels: Labels): Labels {
  const fill = (text: string): string =>
    text.replaceAll(/{{ \$labels\.(\w+) }}/g, (whole, name: string) => labels[name] ?? whole);
  const own = Object.entries(alert.labels).map(([name, value]) => [name, fill(value)]);
  return { ...(Object.fromEntries(own) as Labels), ...labels };
}
