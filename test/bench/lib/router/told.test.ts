import { createTransport } from 'nodemailer';
import { FakeDiscord } from '../../../../fakes/discord';
import { FakeMailbox } from '../../../../fakes/mailbox';
import { benchAlerts, tokensIn } from '../../../../bench/lib/router/alerts';
import {
  toldByMail,
  toldByMessage,
  tokensShown,
  type Told,
} from '../../../../bench/lib/router/told';
import { compose } from '../../../../services/alert-router/src/destinations/discord/compose';
import { composeMail } from '../../../../services/alert-router/src/destinations/mail/compose';
import type { Delivery } from '../../../../services/alert-router/src/model';

const CIRCUMSTANCES = { links: {}, now: Date.UTC(2026, 0, 1, 1) };
const STARTED = Date.UTC(2026, 0, 1);

/** Every third alert has begun, every third has ended, and every third did both before anybody was told. */
function pending(groups: number, perGroup: number): { deliveries: Delivery[]; expected: Told[] } {
  const deliveries: Delivery[] = [];
  const expected: Told[] = [];
  benchAlerts(groups, perGroup).forEach(({ token, labels, annotations }, index) => {
    const tells = ([['firing'], ['resolved'], ['firing', 'resolved']] as const)[index % 3] ?? [];
    for (const kind of tells) {
      expected.push({ token, status: kind });
      const alert = { fingerprint: token, status: kind, labels, annotations, startsAt: STARTED };
      deliveries.push({
        id: deliveries.length + 1,
        destination: 'general',
        groupKey: labels.alertname ?? '',
        kind,
        alert: kind === 'resolved' ? { ...alert, endsAt: STARTED + 60_000 } : alert,
        acceptedAt: STARTED,
        attempts: 0,
        reconciled: false,
      });
    }
  });
  return { deliveries, expected };
}

const sorted = (told: readonly Told[]): string[] =>
  told.map(({ token, status }) => `${token} ${status}`).sort();

describe('what the router writes is read as it was meant', () => {
  // Cards with all there is, short cards, and a digest with more than one embed of a colour.
  test.each([3, 30, 150])('in a channel, with %d alerts', async (count) => {
    const limits = { webhook: { calls: 100, ms: 1 } };
    const discord = new FakeDiscord({ channels: ['general'], limits });
    await discord.listen();
    try {
      let { deliveries } = pending(count / 3, 3);
      while (deliveries.length > 0) {
        const { embeds, delivered, coalesced } = compose(deliveries, CIRCUMSTANCES);
        await fetch(`${discord.webhookUrl('general')}?wait=true`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ embeds }),
        });
        const settled = new Set([...delivered, ...coalesced]);
        deliveries = deliveries.filter((one) => !settled.has(one));
      }
      const { expected } = pending(count / 3, 3);
      expect(sorted(discord.messages.flatMap(toldByMessage))).toEqual(sorted(expected));
      const shown = discord.messages.flatMap((message) => [...tokensShown(message)]);
      expect(new Set(shown)).toEqual(new Set(expected.map(({ token }) => token)));
    } finally {
      await discord.close();
    }
  });

  test.each([
    [1, 6],
    [30, 1],
  ])('in a mail about %d groups of %d', async (groups, perGroup) => {
    const mailbox = new FakeMailbox();
    await mailbox.listen();
    try {
      const { deliveries, expected } = pending(groups, perGroup);
      const { subject, text, html } = composeMail(deliveries, CIRCUMSTANCES, 'example.com');
      const transport = createTransport(mailbox.url);
      await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', subject, text, html });
      expect(sorted(mailbox.mails.flatMap(toldByMail))).toEqual(sorted(expected));
    } finally {
      await mailbox.close();
    }
  });
});

test('a token is found beside markup and punctuation, but not inside another word', () => {
  const text = '`n000001x02`, **n000003x04**: an000005x06 n000007x089';
  expect([...tokensIn(text)]).toEqual(['n000001x02', 'n000003x04']);
});
