import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { composeMail } from '../../../../services/alert-router/src/destinations/mail/compose';
import { guidanceOf } from '../../../../services/alert-router/src/messages/texts';
import { pendingQueue } from './arbitrary';
import { delivery, NOW } from './deliveries';

const circumstances = { links: { runbooks: 'https://git.example' }, now: NOW };
const TAGS = /<\/?([a-z0-9]+)/g;
const OURS = new Set('html head meta title body h1 h2 section table tr th td p a ul li'.split(' '));

test('whatever the labels say, HTML has no element but ours, and the subject is one line', () => {
  fc.assert(
    fc.property(pendingQueue(25), (pending) => {
      const { html, subject, messageId, delivered } = composeMail(
        pending,
        circumstances,
        'a.example',
      );
      const foreign = [...html.matchAll(TAGS)]
        .map(([, tag]) => tag ?? '')
        .filter((tag) => !OURS.has(tag));
      expect(foreign).toEqual([]);
      expect(html).not.toMatch(/href="(?!https?:\/\/)/);
      expect(subject).toMatch(/^[^\r\n]{1,180}$/);
      expect(messageId).toMatch(/^[0-9a-f]{32}@a\.example$/);
      expect(delivered.length).toBeGreaterThan(0);
    }),
    { numRuns: 60 },
  );
});

test('the same deliveries have the same Message-ID, others have another', () => {
  const [a, b] = [delivery({ id: 1 }), delivery({ id: 2 })];
  const idOf = (...rows: (typeof a)[]): string =>
    composeMail(rows, circumstances, 'a.example').messageId;
  expect(idOf(a, b)).toBe(idOf(a, b));
  expect(idOf(a)).not.toBe(idOf(a, b));
  // A new database counts from one again.
  expect(idOf(a)).not.toBe(idOf({ ...a, acceptedAt: NOW + 1 }));
});

test('the counts stay in a subject, however long its summary is', () => {
  const { subject } = composeMail(
    [delivery({ annotations: { summary: 'x'.repeat(1_000) } })],
    circumstances,
    'a.example',
  );
  expect(subject).toMatch(/^\[critical\] web: x+… \(1 firing\)$/);
  expect(subject.length).toBe(180);
});

test('a mail is no larger than servers take, with 500 alerts in it', async () => {
  const pending = Array.from({ length: 600 }, () =>
    delivery({ annotations: { summary: 's'.repeat(300) } }),
  );
  const mail = composeMail(pending, circumstances, 'a.example');
  expect(mail.delivered).toHaveLength(500);
  expect(mail.html.length + mail.text.length).toBeLessThan(2_000_000);
  expect((await PostalMime.parse(`Subject: x\r\n\r\n${mail.text}`)).text).toContain('InstanceDown');
});

test.each(['container', 'node', 'traffic', 'nginx', 'apache', 'certificate', 'log', 'platform'])(
  'category %s has words of its own',
  (category) => {
    const { impact, action } = guidanceOf(category);
    expect(impact).not.toBe(guidanceOf(undefined).impact);
    expect(impact).toMatch(/^[A-Z].{20,100}\.$/);
    expect(action).toMatch(/^[A-Z].{20,100}\.$/);
  },
);
