import { Ledger } from '../../../../cli/lib/try/ledger';
import { compactEmbed, fullEmbed } from '../../../../services/alert-router/src/messages/discord';
import { DiscordDigest } from '../../../../services/alert-router/src/messages/discord-digest';
import {
  describe as cardOf,
  type Card,
} from '../../../../services/alert-router/src/messages/message';
import { plainText } from '../../../../services/alert-router/src/messages/plain';
import type { Telling } from '../../../../services/alert-router/src/messages/telling';
import type { AlertStatus, Delivery } from '../../../../services/alert-router/src/model';

const NOW = Date.parse('2026-06-01T12:00:00Z');
let id = 0;

function delivery(token: string, status: AlertStatus): Delivery {
  id += 1;
  const labels = {
    alertname: 'ContainerStopped',
    severity: 'critical',
    category: 'container',
    service: 'checkout',
    namespace: 'shop',
    pod: `checkout-${token}`,
  };
  const startsAt = NOW - 60_000;
  const alert = {
    fingerprint: token,
    status,
    labels,
    annotations: { summary: 'Stopped' },
    startsAt,
  };
  return {
    id,
    destination: 'container',
    groupKey: 'group',
    kind: status,
    alert: status === 'resolved' ? { ...alert, endsAt: NOW } : alert,
    acceptedAt: NOW,
    attempts: 0,
    reconciled: false,
  };
}

type Story = 'firing' | 'resolved' | 'both';

function telling(token: string, story: Story): Telling {
  if (story !== 'both') return { told: delivery(token, story), coalesced: [] };
  return { coalesced: [delivery(token, 'firing')], told: delivery(token, 'resolved') };
}

const card = (one: Telling): Card => cardOf(one, { links: {}, now: NOW });

function digest(tellings: readonly Telling[]): ReturnType<DiscordDigest['embeds']> {
  const made = new DiscordDigest();
  for (const one of tellings) expect(made.add(one, card(one))).toBe(true);
  return made.embeds();
}

const tokens = ['aaaaa-11111', 'bbbbb-22222', 'ccccc-33333'];
const [a = '', b = '', c = ''] = tokens;
const tellings = [telling(a, 'firing'), telling(b, 'resolved'), telling(c, 'both')];

/** All that the three alerts may be accepted for. */
function ledger(): Ledger {
  const made = new Ledger();
  for (const token of tokens) {
    made.accepted(token, 'firing', ['container', 'mail']);
    made.accepted(token, 'resolved', ['container', 'mail']);
  }
  return made;
}

test.each([
  ['full cards', tellings.map((one) => fullEmbed(card(one)))],
  ['compact cards', tellings.map((one) => compactEmbed(card(one)))],
  ['a digest', digest(tellings)],
])('%s are read as people read them', (_name, embeds) => {
  const made = ledger();
  made.discord('container', embeds, tokens);
  // a fires; b is over; c was both.
  expect(made.tally(false)).toEqual({
    accepted: 12,
    delivered: 4,
    waiting: 8,
    lost: 0,
    duplicates: 0,
  });
  made.discord('container', [fullEmbed(card(telling(c, 'resolved')))], tokens);
  expect(made.tally(false)).toMatchObject({ delivered: 4, duplicates: 1 });
});

test.each([
  ['cards', 1],
  ['a list', 5],
])('a mail of %s is read too', (_name, copies) => {
  const cards = Array.from({ length: copies }, () => tellings.map(card)).flat();
  const made = ledger();
  made.mail('mail', plainText('three alerts', cards, NOW), tokens);
  expect(made.tally(false)).toMatchObject({ delivered: 4, duplicates: 0 });
});

test('what never arrives is on its way until all is settled, and then lost', () => {
  const made = new Ledger();
  made.accepted(a, 'firing', ['container']);
  expect(made.tally(false)).toMatchObject({ waiting: 1, lost: 0 });
  expect(made.tally(true)).toMatchObject({ waiting: 0, lost: 1 });
});

test('a message in the wrong channel is no delivery', () => {
  const made = new Ledger();
  made.accepted(a, 'firing', ['container']);
  made.discord('node', [fullEmbed(card(telling(a, 'firing')))], tokens);
  expect(made.tally(true)).toMatchObject({ delivered: 0, lost: 1 });
});

test('a message may overtake the answer that it was accepted', () => {
  const made = new Ledger();
  made.discord('container', [fullEmbed(card(telling(a, 'firing')))], tokens);
  expect(made.tally(false)).toMatchObject({ accepted: 0, delivered: 0 });
  made.accepted(a, 'firing', ['container']);
  made.accepted(a, 'firing', ['container']);
  expect(made.tally(true)).toEqual({
    accepted: 1,
    delivered: 1,
    waiting: 0,
    lost: 0,
    duplicates: 0,
  });
});
