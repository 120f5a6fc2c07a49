import { Passage, type Followed, type Sighting } from '../../../cli/lib/passage';
import type { ActiveAlert } from '../../../cli/lib/prometheus-api';
import type {
  DestinationState,
  SettledDelivery,
} from '../../../services/alert-router/src/status/status';

const LABELS = { alertname: 'ContainerStopped', pod: 'p' };

const active = (state: ActiveAlert['state'], labels: Record<string, string> = LABELS) => ({
  name: labels.alertname ?? '',
  state,
  severity: 'critical',
  labels,
  summary: '',
  activeAt: 1_500,
});

const held = {
  labels: LABELS,
  status: { state: 'active', inhibitedBy: [], silencedBy: [] },
} as const;

const delivery = (more: Partial<SettledDelivery> = {}): SettledDelivery => ({
  id: 1,
  destination: 'container',
  kind: 'firing',
  alertname: 'ContainerStopped',
  severity: 'critical',
  labels: '{pod="p"}',
  acceptedAt: 6_000,
  settledAt: 7_000,
  outcome: 'delivered',
  ...more,
});

interface Seen {
  readonly active?: Sighting['active'];
  readonly held?: Sighting['held'];
  readonly lastDeliveries?: readonly SettledDelivery[];
  readonly states?: Readonly<Record<string, DestinationState>>;
  readonly accepted?: number;
}

/** What the stations say at a moment. */
const at = (now: number, seen: Seen = {}): Sighting => ({
  now,
  active: seen.active ?? [],
  held: seen.held ?? [],
  router: {
    lastDeliveries: seen.lastDeliveries ?? [],
    destinations: Object.entries(seen.states ?? {}).map(([name, state]) => ({
      name,
      state,
      kind: 'discord',
      pending: 0,
      delivered: 0,
      dead: 0,
    })),
    totals: {
      accepted: seen.accepted ?? 0,
      delivered: 0,
      coalesced: 0,
      dead: 0,
      expired: 0,
      pending: 0,
    },
  },
});

const follow = (sightings: readonly Sighting[], more: Partial<Followed> = {}): Passage => {
  const passage = new Passage({ labels: LABELS, status: 'firing', since: 1_000, ...more });
  sightings.forEach((sighting) => passage.see(sighting));
  return passage;
};

test('an alert is seen at each station once, at the first moment', () => {
  const passage = follow([
    at(2_000, { active: [active('pending')] }),
    at(3_000, { active: [active('firing')] }),
    at(4_000, { active: [active('firing')] }),
    at(5_000, { active: [active('firing')], held: [held] }),
    at(6_500, { active: [active('firing')], held: [held] }),
    at(7_500, { active: [active('firing')], held: [held], lastDeliveries: [delivery()] }),
  ]);

  expect(passage.isOver).toBe(true);
  expect(passage.times).toEqual({
    active: 1_500,
    firing: 3_000,
    alertmanager: 5_000,
    accepted: 6_000,
    delivered: 7_000,
  });
});

test('an alert that began before the fault is not older than the fault', () => {
  const passage = follow([at(2_000, { active: [active('pending')] })], { since: 1_800 });

  expect(passage.times).toEqual({ active: 1_800 });
});

test.each([
  ['of another pod', { labels: '{pod="q"}' }],
  ['of another alert', { alertname: 'TargetDown' }],
  ['of before', { acceptedAt: 999 }],
  ['of an end', { kind: 'resolved' as const }],
  ['that is a dead letter', { outcome: 'dead' as const }],
])('a delivery %s does not count', (_which, more) => {
  const passage = follow([at(7_500, { lastDeliveries: [delivery(more)] })]);

  expect(passage.isOver).toBe(false);
});

test('what has the same name and other labels is another alert', () => {
  const other = { alertname: 'ContainerStopped', pod: 'q' };
  const passage = follow([
    at(2_000, { active: [active('firing', other)], held: [{ ...held, labels: other }] }),
  ]);

  expect(passage.times).toEqual({});
});

test('an end is seen when nothing of the alert is left', () => {
  const end = { kind: 'resolved', acceptedAt: 5_500, settledAt: 5_900 } as const;
  const passage = follow(
    [
      at(2_000, { active: [active('firing')], held: [held], lastDeliveries: [delivery()] }),
      at(3_000, { held: [held] }),
      at(4_000),
      at(6_000, { lastDeliveries: [delivery(end)] }),
    ],
    { status: 'resolved' },
  );

  expect(passage.times).toEqual({
    active: 3_000,
    firing: 3_000,
    alertmanager: 4_000,
    accepted: 5_500,
    delivered: 5_900,
  });
});

describe('with destinations', () => {
  const destinations = ['mail', 'container'];
  const states = { mail: 'ready', container: 'ready' } as const;
  const mail = delivery({ destination: 'mail', acceptedAt: 5_900, settledAt: 8_000 });

  test('it is delivered when the last of them has it', () => {
    const first = at(7_500, { states, lastDeliveries: [delivery()] });
    const both = at(8_500, { states, lastDeliveries: [delivery(), mail] });

    expect(follow([first], { destinations }).isOver).toBe(false);
    expect(follow([first, both], { destinations }).times).toMatchObject({
      accepted: 5_900,
      delivered: 8_000,
    });
  });

  test('one that is parked is not waited for', () => {
    const sighting = at(7_500, {
      states: { ...states, mail: 'parked' },
      lastDeliveries: [delivery()],
    });

    expect(follow([sighting], { destinations }).times).toMatchObject({ delivered: 7_000 });
  });

  test('when all are parked, it is when the router accepts something after Alertmanager had it', () => {
    const parked = { mail: 'parked', container: 'parked' } as const;
    const passage = follow(
      [
        at(1_000, { states: parked, accepted: 3 }),
        // Somebody else's.
        at(2_000, { states: parked, accepted: 4 }),
        at(3_000, { states: parked, accepted: 4, held: [held] }),
        at(4_000, { states: parked, accepted: 4, held: [held] }),
      ],
      { destinations },
    );

    expect(passage.isOver).toBe(false);
    passage.see(at(5_000, { states: parked, accepted: 5, held: [held] }));
    expect(passage.isOver).toBe(true);
    expect(passage.times).toEqual({ alertmanager: 3_000, accepted: 5_000, parked: 5_000 });
  });
});
