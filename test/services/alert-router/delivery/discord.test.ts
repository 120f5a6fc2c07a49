import tls from 'node:tls';
import type { Fault } from '../../../../fakes/discord';
import { TlsAuthority } from '../../../support/tls-authority';
import { alertOf, resolved } from '../support';
import { DiscordRig, someAlerts, until } from './rig';

let rig: DiscordRig;
beforeEach(async () => {
  rig = new DiscordRig({ channels: ['general', 'other'] });
  await rig.begin();
});
afterEach(() => rig.close());

const named = (texts: readonly string[], name: string): number =>
  texts.filter((text) => text.includes(name)).length;

describe('delivery', () => {
  test('an alert, then its end, each once and in this order', async () => {
    const alert = alertOf('InstanceDown');
    await rig.accept([alert]);
    await rig.settled('general');
    await rig.accept([resolved(alert)]);
    await rig.settled('general');
    const [fired, ended] = rig.read();
    expect(rig.read()).toHaveLength(2);
    expect(fired).toContain('Firing');
    expect(ended).toContain('Resolved');
    expect(rig.count('general', 'delivered')).toBe(2);
  });

  test('the message is saved before Discord answers, and mentions nobody', async () => {
    await rig.accept(someAlerts(1));
    await rig.settled('general');
    const [message] = rig.discord.messages;
    expect(message?.payload.allowed_mentions).toEqual({ parse: [] });
    expect(rig.discord.calls[0]).toMatchObject({ status: 200, method: 'POST' });
    expect(rig.discord.calls[0]?.userAgent).toMatch(/^DiscordBot \(/);
    expect(rig.store.lastDeliveries(1)).toMatchObject([{ messageId: message?.id }]);
  });

  test('300 alerts at once: all are told, none twice, and Discord never has to say no', async () => {
    const alerts = someAlerts(300);
    await Promise.all(alerts.map((alert) => rig.accept([alert], { groupKey: alert.fingerprint })));
    await rig.settled('general');
    const text = rig.read().join('\n');
    expect(alerts.filter(({ labels }) => !text.includes(labels['alertname'] ?? ''))).toEqual([]);
    expect(rig.discord.rateLimitedCalls).toBe(0);
    expect(rig.discord.duplicates).toEqual([]);
    expect(rig.count('general', 'delivered')).toBe(300);
  });

  test('2,000 alerts in 200 groups: all are named within a minute and a half', async () => {
    const alerts = someAlerts(2_000);
    const began = rig.clock.monotonic();
    await Promise.all(
      Array.from({ length: 200 }, (_, group) =>
        rig.accept(alerts.slice(group * 10, group * 10 + 10), { groupKey: `group ${group}` }),
      ),
    );
    await rig.settled('general');
    const text = rig.read().join('\n');
    expect(alerts.filter(({ labels }) => !text.includes(labels['alertname'] ?? ''))).toEqual([]);
    expect(rig.discord.messages.length).toBeLessThanOrEqual(40);
    expect(rig.clock.monotonic() - began).toBeLessThan(90_000);
    expect(rig.discord.rateLimitedCalls).toBe(0);
  });

  test('60 messages one after the other keep to both limits', async () => {
    for (const alert of someAlerts(60)) {
      await rig.accept([alert]);
      await rig.settled('general');
    }
    expect(rig.discord.messages).toHaveLength(60);
    expect(rig.discord.rateLimitedCalls).toBe(0);
  });

  test('a restart forgets no call', async () => {
    for (const alert of someAlerts(30)) {
      await rig.accept([alert]);
      await rig.settled('general');
      await rig.restart();
      rig.connect();
    }
    await rig.accept(someAlerts(5));
    await rig.settled('general');
    expect(rig.discord.rateLimitedCalls).toBe(0);
  });
});

describe('whatever Discord does, all is told', () => {
  const faults: [string, Fault][] = [
    ['429 for this webhook', { kind: 'respond429', scope: 'user', retryAfterMs: 4_000 }],
    ['429 shared', { kind: 'respond429', scope: 'shared', retryAfterMs: 50_000 }],
    ['429 for all', { kind: 'respond429', scope: 'global', retryAfterMs: 4_000 }],
    ['a ban', { kind: 'respondBanned' }],
    ['500', { kind: 'respond500' }],
    ['no answer', { kind: 'hang' }],
  ];

  test.each(faults)('%s', async (_, fault) => {
    const alert = alertOf('InstanceDown');
    rig.discord.breakWith({ faults: [fault] });
    await rig.accept([alert]);
    await until(() => rig.discord.calls.length >= 2);
    await rig.accept([resolved(alert)]);
    // A call that was under way may not have known of the end.
    const seen = rig.discord.calls.length;
    await until(() => rig.discord.calls.length >= seen + 2);
    expect(rig.count('general', 'pending')).toBe(2);
    rig.discord.heal();
    await rig.settled('general');
    expect(rig.read()).toHaveLength(1);
    expect(rig.read()[0]).toContain('Fired and resolved');
    expect(rig.count('general', 'delivered')).toBe(1);
    expect(rig.count('general', 'coalesced')).toBe(1);
  });

  test('a connection that breaks after the message was saved makes it come twice, not never', async () => {
    rig.discord.breakWith({ faults: [{ kind: 'resetAfterAccept' }] });
    await rig.accept(someAlerts(1));
    await until(() => rig.discord.calls.length === 1);
    rig.discord.heal();
    await rig.settled('general');
    expect(named(rig.read(), 'Alert0000x')).toBe(rig.discord.calls.length);
    expect(rig.count('general', 'delivered')).toBe(1);
  });

  test('a mixture of all', async () => {
    const mixture = [...faults.map(([, fault]) => fault), { kind: 'resetAfterAccept' } as const];
    rig.discord.breakWith({ faults: mixture, share: 0.4 });
    const alerts = someAlerts(40);
    for (const alert of alerts) {
      await rig.accept([alert]);
      await until(() => rig.count('general', 'pending') < 3);
    }
    await rig.settled('general');
    const text = rig.read().join('\n');
    expect(alerts.filter(({ labels }) => !text.includes(labels['alertname'] ?? ''))).toEqual([]);
    expect(rig.count('general', 'delivered')).toBe(40);
  }, 30_000);

  test('of each alert the end is never told before its beginning, and always last', async () => {
    rig.discord.breakWith({ faults: faults.map(([, fault]) => fault), share: 0.5 });
    const alerts = someAlerts(30);
    for (const alert of alerts) {
      await rig.accept([alert]);
      await until(() => rig.count('general', 'pending') < 20);
    }
    for (const alert of alerts) await rig.accept([resolved(alert)]);
    await rig.settled('general');
    const embeds = rig.discord.messages.flatMap(({ payload }) => payload.embeds ?? []);
    for (const { labels } of alerts) {
      const told = embeds
        .filter(({ title }) => title?.startsWith(labels['alertname'] ?? ''))
        .map((embed) => /Fired and resolved|Resolved|Firing/.exec(JSON.stringify(embed))?.[0]);
      expect([['Firing', 'Resolved'], ['Fired and resolved']]).toContainEqual(told);
    }
  }, 30_000);

  test('away for an hour: then everything comes, and says how late it is', async () => {
    const alert = alertOf('InstanceDown');
    await rig.discord.refuse();
    const began = rig.clock.monotonic();
    await rig.accept([alert, ...someAlerts(20)]);
    await until(() => rig.clock.monotonic() - began > 3_600_000);
    await rig.discord.listen();
    await rig.settled('general');
    const text = rig.read().join('\n');
    for (const { labels } of [alert, ...someAlerts(20)]) {
      expect(text).toContain(labels['alertname']);
    }
    expect(text).toMatch(/delayed 1 h/);
    expect(rig.count('general', 'delivered')).toBe(21);
  });
});

test('a banned address sends one probe for all its webhooks, less and less often', async () => {
  rig.connect(['general', 'other']);
  rig.discord.breakWith({ faults: [{ kind: 'respondBanned' }] });
  const began = rig.clock.monotonic();
  const end = rig.clock.now().getTime() + 3_600_000;
  await rig.accept(someAlerts(1));
  await until(() => rig.clock.monotonic() - began > 3_600_000);
  // The clock runs in leaps; what it leapt to after the hour is not of the hour.
  const calls = rig.discord.calls.filter(({ at }) => at.getTime() <= end);
  // At once, then after 1, 2, 4, 8, 16 and 30 minutes more; with some for what both lanes wait.
  expect(calls.length).toBeGreaterThanOrEqual(5);
  expect(calls.length).toBeLessThanOrEqual(8);
});

describe('what Discord refuses for good', () => {
  test('a webhook that was deleted is not called again; a new one gets what waited', async () => {
    rig.discord.breakWith({ faults: [{ kind: 'webhookDeleted' }] });
    await rig.accept(someAlerts(3));
    await until(() => rig.dispatcher.statuses()[0]?.state === 'unhealthy');
    await rig.accept(someAlerts(3));
    expect(rig.discord.calls).toHaveLength(1);
    expect(rig.dispatcher.statuses()).toMatchObject([
      { name: 'general', reason: expect.stringMatching(/404.*Unknown Webhook/) as string },
    ]);
    expect(await rig.metrics.text()).toContain(
      'alert_router_destination_healthy{destination="general"} 0',
    );
    rig.discord.heal();
    rig.connect(['general'], { general: rig.discord.webhookUrl('other') });
    await rig.settled('general');
    expect(rig.count('general', 'delivered')).toBe(6);
    expect(rig.discord.messagesIn('other').length).toBeGreaterThan(0);
  });

  test('somebody can ask for a retry', async () => {
    rig.discord.breakWith({ faults: [{ kind: 'webhookDeleted' }] });
    await rig.accept(someAlerts(1));
    await until(() => rig.dispatcher.statuses()[0]?.state === 'unhealthy');
    rig.discord.heal();
    rig.dispatcher.resume();
    await rig.settled('general');
    expect(rig.dispatcher.statuses()).toMatchObject([{ state: 'ready' }]);
  });

  test('without a credential it is parked, and delivers as soon as there is one', async () => {
    rig.connect(['general'], {});
    await rig.accept(someAlerts(2));
    expect(rig.dispatcher.statuses()).toEqual([
      { name: 'general', kind: 'discord', state: 'parked', reason: 'no credential' },
    ]);
    expect(rig.count('general', 'pending')).toBe(2);
    rig.connect();
    await rig.settled('general');
    expect(rig.count('general', 'delivered')).toBe(2);
  });

  test.each([
    ['of another origin', 'https://evil.example/api/webhooks/1/secret-token'],
    ['of another path', '/api/channels/1/secret-token'],
    ['that is none', 'secret-token'],
  ])('a credential %s parks it, and is not repeated', (_, credential) => {
    const url = credential.startsWith('/') ? rig.discord.origin + credential : credential;
    rig.connect(['general'], { general: url });
    const [status] = rig.dispatcher.statuses();
    expect(status?.state).toBe('parked');
    expect(status?.reason).not.toContain('secret');
  });
});

describe('over TLS', () => {
  let trusted: string[];
  let secure: DiscordRig;
  let ca: string;
  beforeEach(async () => {
    trusted = tls.getCACertificates('default');
    const material = await (await TlsAuthority.create()).issue('discord');
    ca = material.ca;
    secure = new DiscordRig({ tls: material, publicHost: 'localhost' });
  });
  afterEach(async () => {
    tls.setDefaultCACertificates(trusted);
    await secure.close();
  });

  test('nothing is told to a server whose certificate nobody vouches for', async () => {
    await secure.begin();
    await secure.accept(someAlerts(1));
    await until(() => secure.dispatcher.statuses()[0]?.lastError !== undefined);
    expect(secure.dispatcher.statuses()[0]?.lastError).toMatch(
      /^no answer: .*(CERT|ISSUER|SIGNATURE)/,
    );
    expect(secure.discord.calls).toEqual([]);
  });

  test('with its authority known it is delivered', async () => {
    tls.setDefaultCACertificates([...trusted, ca]);
    await secure.begin();
    await secure.accept(someAlerts(1));
    await secure.settled('general');
    expect(secure.discord.messages).toHaveLength(1);
  });
});

describe('a change of the configuration', () => {
  test('that is none to a destination keeps what its lane knows', async () => {
    await rig.accept(someAlerts(1));
    await rig.settled('general');
    const before = rig.dispatcher.statuses()[0];
    rig.connect(['general', 'other']);
    expect(rig.dispatcher.statuses()[0]).toEqual(before);
    expect(rig.dispatcher.statuses()).toHaveLength(2);
  });

  test('that removes a destination keeps its deliveries for when it is back', async () => {
    rig.connect(['general', 'other'], {});
    await rig.accept(someAlerts(1));
    rig.connect(['other']);
    await rig.settled('other');
    expect(rig.dispatcher.statuses().map(({ name }) => name)).toEqual(['other']);
    expect(rig.count('general', 'pending')).toBe(1);
  });
});
