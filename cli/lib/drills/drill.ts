import type { Settings } from '../../../constructs/settings';
import type { Topology } from '../../../constructs/topology';
import { CliError } from '../errors';
import type { KubeClient } from '../kube-client';
import type { Labels } from '../passage';
import type { Stations } from '../station';
import type { DrillRule } from './rules';

/** Where a drill happens. */
export interface Scene {
  readonly client: KubeClient;
  readonly settings: Settings;
  readonly topology: Topology;
  readonly stations: Stations;
  readonly signal: AbortSignal;
  /** Part of the names of this run, so that nothing of an earlier one is mistaken for it. */
  readonly run: string;
  /** The node that a drill may stop, and where the others' pods do not go; undefined where there is none. */
  readonly spareNode?: string;
  /** Says what is being waited for. */
  readonly report: (line: string) => void;
}

/** What shows that a fault was noticed, before any rule has judged it: a series, or a line of a log. */
export type Evidence = { readonly promql: string } | { readonly logql: string };

/** A fault that is ready to be caused. */
export interface Fault {
  /** Labels of the alert, beside its name, that tell it apart from what others cause. */
  readonly labels: Labels;
  readonly evidence: Evidence;
  /** Causes it. Returns when it began, in milliseconds since the Unix epoch. */
  readonly cause: () => Promise<number>;
}

/** What a rule must be given beside its `for` before it can know, in seconds: the time over which it measures. */
export interface Window {
  /** From the fault on. @default 0 */
  readonly firing?: number;
  /** From the end of the fault on. @default 0 */
  readonly resolved?: number;
}

/** A fault that is caused for real, to see that it is told. */
export interface Drill {
  readonly name: string;
  /** One line on what it does. */
  readonly summary: string;
  /** The alert that it must raise. */
  readonly alert: string;
  /** Time that the rule measures over. @default none */
  readonly window?: (rule: DrillRule, scene: Scene) => Window | Promise<Window>;
  /** Drills that take away what this one needs: it begins when their faults are over. @default none */
  readonly after?: readonly string[];
  /** Stops more than what it made itself: asked about on every cluster. */
  readonly disturbs?: string;
  /**
   * Gets everything ready that is no fault yet.
   *
   * @throws NotHere when this cluster has nothing to try it on.
   */
  readonly prepare: (scene: Scene) => Promise<Fault>;
  /**
   * Makes everything as it was, whatever is left of this run or of one that was killed; nothing to do is no error.
   *
   * @default nothing is changed
   */
  readonly restore?: (scene: Scene) => Promise<void>;
}

/** This cluster has nothing to try a drill on; that is said, and is no failure. */
export class NotHere extends CliError {
  public override readonly name = 'NotHere';

  /** @param reason such as `no node runs sshd` */
  public constructor(reason: string) {
    super(`not here: ${reason}`);
  }
}
