import type { Destination, Parked } from '../model';
import type { LaneStatus } from '../status/status';
import { Lane, type LaneOptions } from './lane';

/** How long the call in flight of a replaced destination may take; milliseconds. */
const REPLACE_GRACE_MS = 10_000;
/** Between two times that all lanes look at what is pending, woken or not; milliseconds. */
const LOOK_MS = 30_000;

/** The lanes of all destinations, as the configuration has them. */
export class Dispatcher {
  private lanes = new Map<string, Lane>();
  private parked: readonly Parked[] = [];
  private names: readonly string[] = [];
  /** Lanes that end: of the same name, the next one begins after them. */
  private readonly retiring = new Map<string, Promise<void>>();

  constructor(private readonly options: LaneOptions) {}

  /** Delivers to these from now on. One that is the same object as before keeps its lane, and what the lane knows. */
  use(destinations: readonly (Destination | Parked)[]): void {
    const { metrics } = this.options;
    const before = this.lanes;
    const gone = new Set(this.names);
    this.lanes = new Map();
    this.parked = destinations.filter((one) => 'parked' in one);
    this.names = destinations.map(({ name }) => name);
    for (const destination of destinations) {
      gone.delete(destination.name);
      metrics.setParked(destination.name, 'parked' in destination);
      if (!('parked' in destination)) this.adopt(destination, before);
    }
    for (const lane of before.values()) void this.retire(lane);
    for (const name of gone) metrics.forget(name);
  }

  /**
   * Makes all lanes look again and again until the signal aborts. While the database cannot be read nothing seems to be
   * pending, and when it can be read again nothing else may wake a lane.
   */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.options.clock.sleep(LOOK_MS, signal);
      this.wake(this.lanes.keys());
    }
  }

  /** There are new deliveries for these. */
  wake(destinations: Iterable<string>): void {
    for (const name of destinations) this.lanes.get(name)?.wake();
  }

  /** Someone asks for a retry: what refuses every call is called again, and backoffs end. Default: everywhere. */
  resume(destinations: Iterable<string> = this.lanes.keys()): void {
    for (const name of destinations) this.lanes.get(name)?.resume();
  }

  /** Ends all lanes; calls in flight have so many milliseconds to end by themselves. */
  async stop(graceMs: number): Promise<void> {
    const lanes = [...this.lanes.values()];
    this.lanes = new Map();
    await Promise.all([...lanes.map((lane) => lane.stop(graceMs)), ...this.retiring.values()]);
  }

  /** Of every destination, in the order of the configuration. */
  statuses(): LaneStatus[] {
    const parked = new Map(this.parked.map((one) => [one.name, one]));
    return this.names.flatMap((name) => {
      const lane = this.lanes.get(name);
      if (lane) return [lane.status()];
      const one = parked.get(name);
      return one ? [{ name, kind: one.kind, state: 'parked' as const, reason: one.parked }] : [];
    });
  }

  private adopt(destination: Destination, before: Map<string, Lane>): void {
    const { name } = destination;
    const known = before.get(name);
    if (known?.destination === destination) {
      before.delete(name);
      this.lanes.set(name, known);
      return;
    }
    const lane = new Lane(destination, this.options);
    this.lanes.set(name, lane);
    if (known) {
      before.delete(name);
      void this.retire(known);
    }
    lane.start(this.retiring.get(name));
  }

  private async retire(lane: Lane): Promise<void> {
    const { name } = lane.destination;
    const ended = lane.stop(REPLACE_GRACE_MS);
    const all = Promise.all([this.retiring.get(name), ended]).then(() => undefined);
    this.retiring.set(name, all);
    await all;
    if (this.retiring.get(name) === all) this.retiring.delete(name);
  }
}
