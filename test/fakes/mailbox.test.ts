import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import nodemailer from 'nodemailer';
import { FakeMailbox, type FakeMailboxOptions } from '../../fakes/mailbox';
import { selfSigned } from '../../fakes/self-signed';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start(options: FakeMailboxOptions = {}): Promise<FakeMailbox> {
  const mailbox = new FakeMailbox(options);
  await mailbox.listen();
  closing.push(() => mailbox.close());
  return mailbox;
}

const mail = {
  from: 'vigil@monitoring.example',
  to: ['a@example.org', 'b@example.org'],
  subject: 'Grüße',
  text: 'as text',
  html: '<p>as HTML</p>',
  messageId: '<1@vigil>',
};

function send(
  mailbox: FakeMailbox,
  options: object = {},
  url = mailbox.url,
): Promise<{ rejected: unknown[] }> {
  const transport = nodemailer.createTransport({
    url,
    connectionTimeout: 3000,
    ...options,
  } as never);
  return transport.sendMail(mail);
}

test('keeps what it is sent, and tells of it', async () => {
  const mailbox = await start();
  const told = once(mailbox, 'mail');
  await send(mailbox);
  expect(await told).toEqual(mailbox.mails);
  expect(mailbox.mails).toMatchObject([
    {
      from: 'vigil@monitoring.example',
      to: ['a@example.org', 'b@example.org'],
      parsed: {
        subject: 'Grüße',
        text: 'as text\n',
        html: '<p>as HTML</p>\n',
        messageId: '<1@vigil>',
      },
      secure: false,
      raw: expect.stringContaining('Message-ID: <1@vigil>') as string,
    },
  ]);
});

test('a mail that comes twice is a duplicate', async () => {
  const mailbox = await start();
  await send(mailbox);
  expect(mailbox.duplicates).toHaveLength(0);
  await send(mailbox);
  expect(mailbox.duplicates).toHaveLength(1);
});

test.each([
  ['smtps', true],
  ['smtp', false],
])('%s: over TLS, with a password', async (scheme, implicitTls) => {
  const { certificate: cert, key } = selfSigned();
  const login = { user: 'vigil', password: 'p@ss/word' };
  const mailbox = await start({ tls: { cert, key }, implicitTls, login });
  expect(mailbox.url).toContain(`${scheme}://vigil:p%40ss%2Fword@127.0.0.1:`);
  const tls = { ca: cert, checkServerIdentity: () => undefined };
  await send(mailbox, { tls, requireTLS: true });
  await send(mailbox, { tls, requireTLS: true, authMethod: 'LOGIN' });
  expect(mailbox.mails).toMatchObject([{ secure: true }, { secure: true }]);
  await expect(send(mailbox, { requireTLS: true })).rejects.toThrow('self-signed certificate');
  const wrong = mailbox.url.replace('word', 'wrong');
  await expect(send(mailbox, { tls, requireTLS: true }, wrong)).rejects.toMatchObject({
    responseCode: 535,
  });
  const nobody = wrong.replace(/\/\/.*@/, '//');
  await expect(send(mailbox, { tls, requireTLS: true }, nobody)).rejects.toMatchObject({
    responseCode: 530,
  });
  expect(mailbox.mails).toHaveLength(2);
});

describe('failures', () => {
  test.each([
    ['rejectTemporarily', 451],
    ['rejectForGood', 554],
  ] as const)('%s answers %d', async (kind, responseCode) => {
    const mailbox = await start();
    mailbox.mode = { kind };
    await expect(send(mailbox)).rejects.toMatchObject({ responseCode });
    expect(mailbox.mails).toHaveLength(0);
  });

  test('one recipient is refused, the other gets the mail', async () => {
    const mailbox = await start();
    mailbox.mode = { kind: 'rejectRecipient', address: 'a@example.org' };
    expect(await send(mailbox)).toMatchObject({ rejected: ['a@example.org'] });
    expect(mailbox.mails).toMatchObject([{ to: ['b@example.org'] }]);
  });

  test.each([
    ['drop', 0],
    ['dropAfterAccept', 1],
  ] as const)('%s: the connection breaks, %d mails are kept', async (kind, kept) => {
    const mailbox = await start();
    mailbox.mode = { kind };
    await expect(send(mailbox)).rejects.toMatchObject({
      code: expect.stringMatching(/^E/) as string,
    });
    expect(mailbox.mails).toHaveLength(kept);
  });

  test('slow takes its time', async () => {
    const mailbox = await start();
    mailbox.mode = { kind: 'slow', ms: 120 };
    const before = performance.now();
    await send(mailbox);
    expect(performance.now() - before).toBeGreaterThanOrEqual(119);
  });

  test('it refuses connections, and comes back on the same port', async () => {
    const mailbox = await start();
    const { url } = mailbox;
    await mailbox.refuse();
    await expect(send(mailbox)).rejects.toMatchObject({ code: 'ESOCKET' });
    await mailbox.listen();
    expect(mailbox.url).toBe(url);
    await send(mailbox);
    expect(mailbox.mails).toHaveLength(1);
  });
});

test('a caller that goes away in the middle of its mail leaves nothing behind', async () => {
  const mailbox = await start();
  const socket = connect(Number(new URL(mailbox.url).port), '127.0.0.1');
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  await lines.next();
  for (const command of [
    'HELO me',
    'MAIL FROM:<a@example.org>',
    'RCPT TO:<b@example.org>',
    'DATA',
  ]) {
    socket.write(`${command}\r\n`);
    await lines.next();
  }
  socket.end('Subject: half of a m');
  await once(socket, 'close');
  await send(mailbox);
  expect(mailbox.mails).toHaveLength(1);
});
