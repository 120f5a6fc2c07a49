import tls from 'node:tls';
import type { Email } from 'postal-mime';
import { FakeMailbox, type FakeMailboxOptions } from '../../../../fakes/mailbox';
import { TlsAuthority } from '../../../support/tls-authority';
import { alertOf, resolved } from '../support';
import { Rig, someAlerts, until } from './rig';

const MAIL = { kind: 'mail', from: 'Vigil <vigil@example.com>', to: ['ops@example.com'] } as const;

let mailbox: FakeMailbox;
let rig: Rig;

async function begin(
  options: FakeMailboxOptions = {},
  to: readonly string[] = MAIL.to,
): Promise<void> {
  mailbox = new FakeMailbox(options);
  await mailbox.listen();
  rig = new Rig();
  rig.use({ ops: { ...MAIL, to } }, { ops: mailbox.url });
}

afterEach(async () => {
  await rig.close();
  await mailbox.close();
});

function mailAt(index: number): Email {
  const mail = mailbox.mails[index];
  if (!mail) throw new Error(`there are ${mailbox.mails.length} mails`);
  return mail.parsed;
}

const header = (index: number, name: string): string | undefined =>
  mailAt(index).headers.find(({ key }) => key === name)?.value;

describe('a mail', () => {
  const nginxDown = alertOf('NginxDown', {
    labels: { alertname: 'NginxDown', severity: 'critical', service: 'shop', category: 'nginx' },
    annotations: {
      summary: 'NGINX is down.',
      description: 'No answer for 1 min <b>"now"</b>',
      runbook_url: 'https://git.example/runbooks/NginxDown.md?a=1&b=2',
    },
  });

  test('says the same in plain text and in HTML', async () => {
    await begin();
    await rig.accept([nginxDown]);
    await rig.settled('ops');
    const mail = mailAt(0);
    expect(mail.subject).toBe('[critical] shop: NGINX is down. (1 firing)');
    expect(mail.from).toMatchObject({ address: 'vigil@example.com', name: 'Vigil' });
    for (const text of [mail.text, mail.html]) {
      expect(text).toContain('NGINX is down.');
      expect(text).toContain('Firing (critical)');
      expect(text).toContain('2026-06-01T11:59:00Z (for 1 min)');
      expect(text).toContain('Pages that NGINX serves');
      expect(text).toContain('Open the page yourself');
      expect(text).toContain('npx vigil open grafana');
    }
    expect(mail.text).toContain('Runbook: https://git.example/runbooks/NginxDown.md?a=1&b=2');
    expect(mail.html).toContain('href="https://git.example/runbooks/NginxDown.md?a=1&amp;b=2"');
    expect(mail.html).toContain('&lt;b&gt;&quot;now&quot;&lt;/b&gt;');
    expect(mail.html).not.toMatch(/<b>|<img|<script|<link|url\(/);
  });

  test('and the next ones of its group are one thread, which no robot answers', async () => {
    await begin();
    await rig.accept([nginxDown]);
    await rig.settled('ops');
    await rig.accept([resolved(nginxDown)]);
    await rig.settled('ops');
    await rig.accept([alertOf('Other')], { groupKey: 'another' });
    await rig.settled('ops');
    expect(mailbox.mails.map(({ parsed }) => parsed.subject)).toEqual([
      '[critical] shop: NGINX is down. (1 firing)',
      '[resolved] shop: NGINX is down. (1 resolved)',
      '[warning] unnamed service: No summary was given. (1 firing)',
    ]);
    expect(header(0, 'references')).toMatch(/^<group-[0-9a-f]{32}@example\.com>$/);
    expect(header(1, 'references')).toBe(header(0, 'references'));
    expect(header(1, 'in-reply-to')).toBe(header(0, 'references'));
    expect(header(2, 'references')).not.toBe(header(0, 'references'));
    expect(header(1, 'message-id')).not.toBe(header(0, 'message-id'));
    expect(header(0, 'auto-submitted')).toBe('auto-generated');
    expect(new Date(header(0, 'date') ?? '').getUTCFullYear()).toBe(2026);
  });

  test('cannot be given headers or recipients by a label', async () => {
    await begin();
    const evil = 'x\r\nBcc: all@example.com\r\n\r\n<script>alert(1)</script>';
    const labels = { alertname: evil, service: evil, severity: evil };
    await rig.accept([alertOf('Evil', { labels, annotations: { summary: evil } })]);
    await rig.settled('ops');
    const [mail] = mailbox.mails;
    expect(mail?.to).toEqual(['ops@example.com']);
    expect(mail?.parsed.bcc ?? []).toEqual([]);
    expect(header(0, 'bcc')).toBeUndefined();
    expect(mail?.parsed.html).not.toContain('<script');
    expect(mail?.parsed.subject).toContain('Bcc: all@example.com');
  });

  test('tells a whole group, and one of many groups becomes a digest', async () => {
    await begin();
    await rig.accept(someAlerts(3));
    await rig.settled('ops');
    expect(mailbox.mails).toHaveLength(1);
    expect(mailAt(0).subject).toContain('(3 firing)');

    const alerts = someAlerts(25);
    await rig.store.accept(
      alerts.map((alert) => ({ destinations: ['ops'], groupKey: alert.fingerprint, alert })),
      14_400_000,
    );
    rig.dispatcher.wake(['ops']);
    await rig.settled('ops');
    expect(mailbox.mails).toHaveLength(2);
    const digest = mailAt(1);
    expect(digest.subject).toBe('[warning] 25 alerts in 25 groups (25 firing)');
    for (const { labels } of alerts) expect(digest.text).toContain(labels['alertname']);
  });
});

describe('trouble', () => {
  test('a mail that the server may have taken is repeated under the same Message-ID', async () => {
    await begin();
    mailbox.mode = { kind: 'dropAfterAccept' };
    await rig.accept(someAlerts(1));
    await until(() => mailbox.mails.length >= 1);
    mailbox.mode = { kind: 'normal' };
    await rig.settled('ops');
    expect(mailbox.duplicates).toHaveLength(mailbox.mails.length - 1);
    expect(rig.count('ops', 'delivered')).toBe(1);
  });

  test.each([{ kind: 'rejectTemporarily' }, { kind: 'drop' }] as const)(
    '$kind: tried again until it goes',
    async (mode) => {
      await begin();
      mailbox.mode = mode;
      await rig.accept(someAlerts(1));
      await until(() => rig.dispatcher.statuses()[0]?.lastError !== undefined);
      expect(mailbox.mails).toEqual([]);
      mailbox.mode = { kind: 'normal' };
      await rig.settled('ops');
      expect(rig.count('ops', 'delivered')).toBe(1);
    },
  );

  test('a server that is away for an hour gets it when it is back', async () => {
    await begin();
    await mailbox.refuse();
    const start = rig.clock.monotonic();
    await rig.accept(someAlerts(2));
    await until(() => rig.clock.monotonic() - start > 3_600_000);
    await mailbox.listen();
    await rig.settled('ops');
    expect(mailbox.mails).toHaveLength(1);
    expect(mailAt(0).text).toMatch(/delayed 1 h/);
  });

  test('a mail that is refused for good is buried with the reason', async () => {
    await begin();
    mailbox.mode = { kind: 'rejectForGood' };
    await rig.accept(someAlerts(2));
    await rig.settled('ops');
    expect(rig.count('ops', 'dead')).toBe(2);
    expect(rig.store.deadLetters(1)).toMatchObject([
      { reason: 'the mail server answered 554 to DATA' },
    ]);
  });

  test('of two recipients one is refused: the other gets it, and it counts as delivered', async () => {
    await begin({}, ['gone@example.com', 'ops@example.com']);
    mailbox.mode = { kind: 'rejectRecipient', address: 'gone@example.com' };
    await rig.accept(someAlerts(1));
    await rig.settled('ops');
    expect(mailbox.mails[0]?.to).toEqual(['ops@example.com']);
    expect(rig.count('ops', 'delivered')).toBe(1);
    expect(rig.dispatcher.statuses()).toMatchObject([
      {
        state: 'ready',
        lastError: '1 of 2 recipients refused: the mail server answered 550',
      },
    ]);
  });

  test('if all are refused its alerts wait until somebody corrects that', async () => {
    await begin();
    mailbox.mode = { kind: 'rejectRecipient', address: 'ops@example.com' };
    await rig.accept(someAlerts(1));
    await until(() => rig.dispatcher.statuses()[0]?.state === 'unhealthy');
    expect(rig.dispatcher.statuses()[0]?.reason).toBe('the mail server answered 550 to RCPT TO');
    mailbox.mode = { kind: 'normal' };
    rig.dispatcher.resume();
    await rig.settled('ops');
    expect(rig.count('ops', 'delivered')).toBe(1);
  });

  test('without recipients or sender it is parked', async () => {
    await begin({}, []);
    expect(rig.dispatcher.statuses()).toMatchObject([
      { kind: 'mail', state: 'parked', reason: 'no recipients (to)' },
    ]);
    rig.use({ ops: { kind: 'mail', to: MAIL.to } }, { ops: mailbox.url });
    expect(rig.dispatcher.statuses()).toMatchObject([{ reason: 'no sender (from)' }]);
  });
});

describe('a recipient whom the server defers', () => {
  const [late, ops] = ['late@example.com', 'ops@example.com'];
  const deferring = { kind: 'rejectRecipient', address: late, answer: 451 } as const;
  const isDeferred = (): boolean =>
    rig.dispatcher.statuses()[0]?.lastError ===
    '1 of 2 recipients deferred: the mail server answered 451';

  beforeEach(async () => {
    await begin({}, [`Late <${late}>`, ops]);
    mailbox.mode = deferring;
  });

  const namesTo = (recipient: string): string[] =>
    mailbox.mails
      .filter(({ to }) => to.includes(recipient))
      .flatMap(({ parsed }) => parsed.text?.match(/Alert\d{4}x/g) ?? []);

  test('gets the very same mail later, and nobody gets it twice', async () => {
    const [first, second] = someAlerts(2);
    if (!first || !second) throw new Error('there are no alerts');
    await rig.accept([first]);
    await until(isDeferred);
    await rig.accept([second]);
    mailbox.mode = { kind: 'normal' };
    await rig.settled('ops');
    expect(mailbox.mails.map(({ to }) => to)).toEqual([[ops], [late], [late, ops]]);
    expect(header(1, 'message-id')).toBe(header(0, 'message-id'));
    expect(header(1, 'to')).toBe(header(0, 'to'));
    for (const recipient of [late, ops]) {
      expect(new Set(namesTo(recipient)).size).toBe(2);
    }
    expect(rig.count('ops', 'delivered')).toBe(2);
  });

  test.each([
    ['its mailbox', { kind: 'rejectRecipient', address: late, answer: 550 }],
    ['the mail', { kind: 'rejectForGood' }],
  ] as const)('and then is refused %s: the others have it, so it is delivered', async (_, mode) => {
    await rig.accept(someAlerts(1));
    await until(isDeferred);
    mailbox.mode = mode;
    await rig.settled('ops');
    expect(mailbox.mails.map(({ to }) => to)).toEqual([[ops]]);
    expect(rig.count('ops', 'delivered')).toBe(1);
    expect(rig.dispatcher.statuses()[0]?.lastError).toMatch(/^1 of 2 recipients refused: .* 55\d$/);
  });

  test('and on and on keeps the others waiting for ten minutes at most, and only once', async () => {
    await rig.accept(someAlerts(1));
    await rig.settled('ops');
    const waited = rig.clock.monotonic();
    expect(waited).toBeGreaterThanOrEqual(300_000);
    expect(waited).toBeLessThan(600_000);
    expect(rig.dispatcher.statuses()[0]?.lastError).toMatch(/^1 of 2 recipients refused: .* 451$/);

    await rig.accept([alertOf('Another')]);
    await rig.settled('ops');
    expect(rig.clock.monotonic() - waited).toBeLessThan(1_000);
    expect(mailbox.mails.map(({ to }) => to)).toEqual([[ops], [ops]]);
  });

  test('while the server is away it is waited for as everybody is', async () => {
    await rig.accept(someAlerts(1));
    await until(isDeferred);
    await mailbox.refuse();
    await until(() => rig.clock.monotonic() > 3_600_000);
    mailbox.mode = { kind: 'normal' };
    await mailbox.listen();
    await rig.settled('ops');
    expect(mailbox.mails.map(({ to }) => to)).toEqual([[ops], [late]]);
  });
});

describe('TLS and passwords', () => {
  const login = { user: 'vigil', password: 'p@ss:word/%' };
  let trusted: string[];
  let material: { cert: string; key: string; ca: string };

  beforeAll(async () => {
    trusted = tls.getCACertificates('default');
    material = await (await TlsAuthority.create()).issue('mail');
  });
  afterEach(() => tls.setDefaultCACertificates(trusted));

  test.each([false, true])('with TLS from the first byte: %s', async (implicitTls) => {
    tls.setDefaultCACertificates([...trusted, material.ca]);
    await begin({ tls: material, implicitTls, login, publicHost: 'localhost' });
    await rig.accept(someAlerts(1));
    await rig.settled('ops');
    expect(mailbox.mails[0]?.secure).toBe(true);
  });

  test('nothing is sent to a server whose certificate nobody vouches for', async () => {
    await begin({ tls: material, login, publicHost: 'localhost' });
    await rig.accept(someAlerts(1));
    await until(() => rig.dispatcher.statuses()[0]?.lastError !== undefined);
    expect(rig.dispatcher.statuses()[0]?.lastError).toMatch(/did not answer: .*certificate/);
    expect(mailbox.mails).toEqual([]);
    expect(rig.count('ops', 'pending')).toBe(1);
  });

  test('a wrong password stops the calls; the right one lets them go on', async () => {
    tls.setDefaultCACertificates([...trusted, material.ca]);
    await begin({ tls: material, login, publicHost: 'localhost' });
    const url = new URL(mailbox.url);
    url.password = 'wrong';
    rig.use({ ops: MAIL }, { ops: url.href });
    await rig.accept(someAlerts(1));
    await until(() => rig.dispatcher.statuses()[0]?.state === 'unhealthy');
    expect(rig.dispatcher.statuses()[0]?.reason).toMatch(/^the mail server answered 535/);
    rig.use({ ops: MAIL }, { ops: mailbox.url });
    await rig.settled('ops');
    expect(mailbox.mails).toHaveLength(1);
  });
});
