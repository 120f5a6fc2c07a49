import type { Delivery } from '../model';

/** One thing to say: the newest delivery of an alert, and the earlier ones that it makes needless. */
export interface Telling {
  readonly told: Delivery;
  /** Earlier deliveries of the same alert, oldest first: that it fired, when `told` says that it resolved. */
  readonly coalesced: readonly Delivery[];
}

/**
 * One telling for each alert, in the order of acceptance. Because an alert has one only, whichever groups it came in,
 * what it resolved is never told before that it fired. Tests and notices stay as they are.
 */
export function tellingsOf(pending: readonly Delivery[]): Telling[] {
  const byAlert = new Map<string, Delivery[]>();
  for (const delivery of pending) {
    const key = keyOf(delivery);
    const known = byAlert.get(key);
    if (known) known.push(delivery);
    else byAlert.set(key, [delivery]);
  }
  return [...byAlert.values()]
    .map((deliveries) => {
      const inOrder = deliveries.toSorted((a, b) => a.id - b.id);
      const told = inOrder.pop();
      return told && { told, coalesced: inOrder };
    })
    .filter((telling) => telling !== undefined)
    .sort((a, b) => a.told.id - b.told.id);
}

/** What happened to the alert, over all that this telling stands for. */
export type Story = 'firing' | 'reminder' | 'resolved' | 'fired-and-resolved' | 'test' | 'notice';

/** The story of a telling. A notice about something that is over is `resolved`. */
export function storyOf({ told, coalesced }: Telling): Story {
  if (told.kind === 'notice' && told.alert.status === 'resolved') return 'resolved';
  if (told.kind === 'resolved') {
    return coalesced.some(({ kind }) => kind === 'firing') ? 'fired-and-resolved' : 'resolved';
  }
  // A reminder of what nobody has been told yet is news.
  if (told.kind === 'reminder' && coalesced.some(({ kind }) => kind === 'firing')) return 'firing';
  return told.kind;
}

/** Every delivery of these tellings, as a message reports them. */
export function rowsOf(tellings: readonly Telling[]): {
  readonly delivered: Delivery[];
  readonly coalesced: Delivery[];
} {
  return {
    delivered: tellings.map(({ told }) => told),
    coalesced: tellings.flatMap(({ coalesced }) => coalesced),
  };
}

function keyOf({ kind, id, alert }: Delivery): string {
  return kind === 'test' || kind === 'notice' ? `#${id}` : alert.fingerprint;
}
