import fc from 'fast-check';
import { Problems } from '../../../../fakes/discord/problems';
import { isEmpty, validate } from '../../../../fakes/discord/validate';
import {
  compose,
  type Composition,
} from '../../../../services/alert-router/src/destinations/discord/compose';
import type { Delivery } from '../../../../services/alert-router/src/model';
import { pendingQueue } from '../messages/arbitrary';
import { delivery, type DeliveryOptions, NOW } from '../messages/deliveries';

const circumstances = { links: {}, now: NOW };

/** All messages that it takes to tell what is pending. */
function sequence(pending: readonly Delivery[]): Composition[] {
  const messages: Composition[] = [];
  let left = [...pending];
  while (left.length > 0) {
    const message = compose(left, circumstances);
    messages.push(message);
    const done = new Set([...message.delivered, ...message.coalesced].map(({ id }) => id));
    expect(done.size).toBeGreaterThan(0);
    left = left.filter(({ id }) => !done.has(id));
  }
  return messages;
}

const textOf = ({ embeds }: Composition): string => JSON.stringify(embeds);
const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text);

function expectAcceptable({ embeds, plain }: Composition): void {
  const payloads = [{ embeds }, ...(plain === undefined ? [] : [{ content: plain }])];
  for (const payload of payloads) {
    expect(validate(payload)).toEqual(new Problems());
    expect(isEmpty({ ...payload, embeds: [...embeds] })).toBe(false);
    expect(isWellFormed(strings(payload).join(''))).toBe(true);
  }
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

describe('whatever the labels say', () => {
  test('each message is within every limit of Discord, and cuts no character', () => {
    fc.assert(
      fc.property(pendingQueue(30), (pending) => {
        for (const message of sequence(pending)) expectAcceptable(message);
      }),
      { numRuns: 50 },
    );
  });

  test('the same for digests', () => {
    fc.assert(
      fc.property(pendingQueue(150, 80), (pending) => {
        const alerts = pending.map((row) => ({
          ...row,
          alert: { ...row.alert, fingerprint: `u${row.id}` },
        }));
        for (const message of sequence(alerts)) expectAcceptable(message);
      }),
      { numRuns: 8 },
    );
  });

  test('each delivery is told or coalesced by exactly one message', () => {
    fc.assert(
      fc.property(pendingQueue(80), (pending) => {
        const ids = sequence(pending)
          .flatMap(({ delivered, coalesced }) => [...delivered, ...coalesced])
          .map(({ id }) => id);
        expect(ids.toSorted((a, b) => a - b)).toEqual(pending.map(({ id }) => id));
      }),
      { numRuns: 25 },
    );
  });

  test('nothing pings, hides a link or turns the text around', () => {
    const labels = {
      alertname: '@everyone [pay](https://evil.example/)',
      service: '<@123> \u202Eevil',
      instance: '`@here`',
    };
    const text = textOf(compose([delivery({ labels })], circumstances));
    expect(text).not.toMatch(/@everyone|@here|\u202E/);
    expect(text).not.toMatch(/(?<!\\)\[pay/);
    expect(text).not.toMatch(/(?<!\\)<@/);
  });
});

test('a label may be called as what every object has', () => {
  const labels = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
  const pending = Array.from({ length: 70 }, (_, index) =>
    delivery({ labels: { instance: 'node-1', ...(index % 2 ? labels : {}) } }),
  );
  expect(sequence(pending).map(textOf).join()).toContain('__proto__=a constructor=b');
});

describe('what a message tells', () => {
  const one = (options: DeliveryOptions = {}): Composition =>
    compose([delivery(options)], circumstances);

  test('service, status, impact, action, time and place', () => {
    const { embeds } = one({
      labels: { namespace: 'shop', pod: 'web-1', category: 'container' },
      annotations: { description: 'It has not answered for 2 min.' },
    });
    expect(embeds).toHaveLength(1);
    const [embed] = embeds;
    expect(embed).toMatchObject({ title: 'InstanceDown: web', color: 0xd32f2f });
    expect(embed?.description).toBe('**It is down.**\nIt has not answered for 2 min.');
    const fields = new Map(embed?.fields?.map(({ name, value }) => [name, value]));
    expect(fields.get('Status')).toBe('Firing (critical)');
    expect(fields.get('Service')).toBe('web');
    expect(fields.get('Time')).toBe(`since <t:${NOW / 1000 - 60}:f>`);
    expect(fields.get('Pod')).toBe('`web-1`');
    expect(fields.get('Impact')).toMatch(/workload/);
    expect(fields.get('What to do first')).toMatch(/events/);
    expect(fields.get('More')).toBe('Grafana: npx vigil open grafana');
  });

  test('labels that no one knows a place by are told as well, because they may be all that tells it apart', () => {
    const { embeds } = one({ labels: { pod: 'router-1', destination: 'mail', reason: 'full' } });
    const fields = new Map(embeds[0]?.fields?.map(({ name, value }) => [name, value]));
    expect(fields.get('Pod')).toBe('`router-1`');
    expect(fields.get('Labels')).toBe('`destination=mail reason=full`');
  });

  test('a resolved one is green and says how long it was', () => {
    const [embed] = one({ kind: 'resolved' }).embeds;
    expect(embed?.color).toBe(0x2e7d32);
    expect(JSON.stringify(embed?.fields)).toContain('(after 1 min)');
  });

  test('runbook and Grafana are links when their addresses are known', () => {
    const links = { runbooks: 'https://git.example/vigil', grafana: 'https://grafana.example' };
    const annotations = { runbook_url: 'docs/runbooks/Instance(Down).md' };
    const { embeds } = compose([delivery({ annotations })], { links, now: NOW });
    const more = embeds[0]?.fields?.find(({ name }) => name === 'More')?.value;
    expect(more).toBe(
      '[Runbook](https://git.example/vigil/docs/runbooks/Instance%28Down%29.md) · [Grafana](https://grafana.example/)',
    );
  });

  test.each(['javascript:alert(1)', 'file:///etc/passwd', 'https://user:pw@git.example/'])(
    'an annotation cannot make a link of %s',
    (url) => {
      expect(textOf(one({ annotations: { runbook_url: url, dashboard_url: url } }))).not.toContain(
        'Runbook',
      );
    },
  );

  test('a late one says how late it is', () => {
    const text = textOf(one({ acceptedAt: NOW - 42 * 60_000 }));
    expect(text).toContain('delayed 42 min');
    expect(textOf(one({ acceptedAt: NOW - 29 * 60_000 }))).not.toContain('delayed');
  });

  test('no embed has an address of its own, because Discord merges those that share one', () => {
    const annotations = { runbook_url: 'https://git.example/a' };
    const pending = Array.from({ length: 8 }, () => delivery({ annotations }));
    for (const { embeds } of sequence(pending)) {
      expect(embeds.every(({ url }) => url === undefined)).toBe(true);
    }
  });
});

describe('what waits together', () => {
  test('an alert that fired and resolved is told once, with both times', () => {
    const fired = delivery({ fingerprint: 'x', startsAt: NOW - 120_000 });
    const resolved = delivery({ fingerprint: 'x', kind: 'resolved', startsAt: NOW - 120_000 });
    const message = compose([fired, resolved], circumstances);
    expect(message.delivered).toEqual([resolved]);
    expect(message.coalesced).toEqual([fired]);
    const text = textOf(message);
    expect(text).toContain('Fired and resolved');
    expect(text).toContain(`fired <t:${NOW / 1000 - 120}:f>, resolved <t:${NOW / 1000}:f>`);
  });

  test('so it is when they came in different groups', () => {
    const fired = delivery({ fingerprint: 'x', groupKey: 'a' });
    const resolved = delivery({ fingerprint: 'x', groupKey: 'b', kind: 'resolved' });
    const message = compose([fired, resolved], circumstances);
    expect(message.delivered).toEqual([resolved]);
    expect(message.coalesced).toEqual([fired]);
  });

  test('of several reminders only the last is told', () => {
    const rows = [1, 2, 3].map(() => delivery({ fingerprint: 'y', kind: 'reminder' }));
    const message = compose(rows, circumstances);
    expect(message.delivered).toEqual([rows[2]]);
    expect(message.coalesced).toEqual(rows.slice(0, 2));
    expect(textOf(message)).toContain('Still firing');
  });

  test('one that resolved and fires again says so', () => {
    const resolved = delivery({ fingerprint: 'z', kind: 'resolved' });
    const again = delivery({ fingerprint: 'z', kind: 'firing' });
    const text = textOf(compose([resolved, again], circumstances));
    expect(text).toContain('Firing (critical)');
    expect(text).toContain('resolved once in between');
  });

  test('tests are never coalesced', () => {
    const rows = [1, 2].map(() => delivery({ fingerprint: 't', kind: 'test' }));
    expect(compose(rows, circumstances).delivered).toEqual(rows);
  });

  test('few are told in full, many briefly, very many by name', () => {
    const many = (count: number): Composition =>
      compose(
        Array.from({ length: count }, () => delivery({ labels: { instance: 'node-1' } })),
        circumstances,
      );
    expect(many(3).embeds.every(({ fields }) => fields?.length)).toBe(true);
    expect(many(30).embeds).toHaveLength(10);
    expect(many(30).embeds.some(({ fields }) => fields)).toBe(false);
    expect(many(61).delivered).toHaveLength(61);
  });
});

describe('order', () => {
  const ids = (message: Composition): number[] => message.delivered.map(({ id }) => id);
  const filler = (count: number, options: DeliveryOptions): Delivery[] =>
    Array.from({ length: count }, () => delivery({ groupKey: 'low', ...options }));

  test('a critical group goes before a warning that came earlier', () => {
    const low = filler(40, { labels: { severity: 'warning' }, acceptedAt: NOW - 60_000 });
    const critical = delivery({ groupKey: 'high' });
    expect(ids(compose([...low, critical], circumstances))[0]).toBe(critical.id);
  });

  test('but not before one that has waited for five minutes', () => {
    const low = filler(40, { labels: { severity: 'info' }, acceptedAt: NOW - 301_000 });
    const critical = delivery({ groupKey: 'high' });
    expect(ids(compose([...low, critical], circumstances))[0]).toBe(low[0]?.id);
  });

  test('within a group it is that of acceptance', () => {
    const rows = Array.from({ length: 50 }, (_, index) =>
      delivery({ labels: { severity: index % 2 ? 'critical' : 'warning' } }),
    );
    const told = sequence(rows).flatMap(ids);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });
});

describe('a storm', () => {
  const storm = (alerts: number, groups: number): Delivery[] =>
    Array.from({ length: alerts }, (_, index) =>
      delivery({
        groupKey: `g${index % groups}`,
        labels: {
          alertname: `KubePodCrashLooping${index % groups}`,
          namespace: `team-${index % groups}`,
          pod: `checkout-service-7d9f8b6c5d-${index}`,
          service: `checkout-${index % groups}`,
        },
      }),
    );

  test('2,000 alerts in 200 groups fit into 40 messages, each named', () => {
    const pending = storm(2_000, 200);
    const messages = sequence(pending);
    expect(messages.length).toBeLessThanOrEqual(40);
    const text = messages.map(textOf).join('\n');
    const unnamed = pending.filter(({ alert: { labels } }) => {
      const { alertname, namespace, pod, service } = labels;
      return ![alertname, service, `\`${namespace}/${pod}\``].every((name) =>
        text.includes(name ?? ''),
      );
    });
    expect(unnamed).toEqual([]);
  });

  test('alerts of one name and place are told apart by what differs', () => {
    const pending = Array.from({ length: 100 }, (_, index) =>
      delivery({ labels: { instance: 'node-1', cpu: `${index}` } }),
    );
    const text = sequence(pending).map(textOf).join('\n');
    const untold = pending.filter(({ alert }, index) => {
      return index > 0 && index < 40 && !text.includes(`cpu=${alert.labels['cpu']}`);
    });
    expect(untold).toEqual([]);
  });
});
