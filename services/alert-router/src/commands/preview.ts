import type {
  DestinationConfig,
  RouterConfig,
} from '../../../../constructs/alert-router/router-config';
import { compose } from '../destinations/discord/compose';
import { EMBED_TOTAL_MAX, EMBEDS_MAX } from '../destinations/discord/limits';
import { composeMail } from '../destinations/mail/compose';
import { batchOf, webhookBody } from '../destinations/webhook/webhook';
import { embedSize } from '../messages/discord';
import type { Circumstances } from '../messages/message';
import type { Delivery, Message, Notification } from '../model';
import { Router } from '../routing/router';

/** A message that would be sent. */
export interface Preview {
  readonly destination: string;
  /** Its size, against what the destination takes. */
  readonly size: string;
  /** JSON, or a mail's subject and text. */
  readonly content: string;
}

/** What would be sent of a body that comes now, if nothing else waits; parked destinations included. */
export function preview(config: RouterConfig, notification: Notification, now: number): Preview[] {
  const byDestination = new Map<string, Delivery[]>();
  for (const delivery of deliveriesOf(config, notification, now)) {
    const known = byDestination.get(delivery.destination) ?? [];
    byDestination.set(delivery.destination, [...known, delivery]);
  }
  const circumstances = { links: config.links, now };
  return [...byDestination].flatMap(([name, pending]) => {
    const settings = config.destinations[name];
    return settings ? messages(settings, pending, circumstances) : [];
  });
}

function deliveriesOf(
  config: RouterConfig,
  { alerts, groupKey }: Notification,
  now: number,
): Delivery[] {
  const router = new Router(config);
  return alerts.flatMap((alert, index) =>
    router.route(alert.labels).destinations.map((destination) => ({
      id: index + 1,
      destination,
      groupKey,
      kind: alert.status,
      alert,
      acceptedAt: now,
      attempts: 0,
      reconciled: false,
    })),
  );
}

type Draft = Pick<Message, 'delivered' | 'coalesced'> & Omit<Preview, 'destination'>;

/** Message after message, until everything is told. */
function messages(
  settings: DestinationConfig,
  pending: readonly Delivery[],
  circumstances: Circumstances,
): Preview[] {
  const previews: Preview[] = [];
  for (let rest = pending; rest.length > 0;) {
    const draft = draftOf(settings, rest, circumstances);
    const told = new Set([...draft.delivered, ...draft.coalesced]);
    const { size, content } = draft;
    previews.push({ destination: rest[0]?.destination ?? '', size, content });
    if (told.size === 0) return previews;
    rest = rest.filter((one) => !told.has(one));
  }
  return previews;
}

function draftOf(
  settings: DestinationConfig,
  pending: readonly Delivery[],
  circumstances: Circumstances,
): Draft {
  switch (settings.kind) {
    case 'discord': {
      const { embeds, ...rows } = compose(pending, circumstances);
      const characters = embeds.reduce((sum, embed) => sum + embedSize(embed), 0);
      const size = `${embeds.length} of ${EMBEDS_MAX} embeds, ${characters} of ${EMBED_TOTAL_MAX} characters`;
      return { ...rows, size, content: JSON.stringify({ embeds }, undefined, 2) };
    }
    case 'mail': {
      const { subject, text, html, ...rows } = composeMail(pending, circumstances, 'localhost');
      const size = `${Buffer.byteLength(text)} bytes of text, ${Buffer.byteLength(html)} bytes of HTML`;
      return { ...rows, size, content: `Subject: ${subject}\n\n${text}` };
    }
    case 'webhook': {
      const delivered = batchOf(pending);
      const content = webhookBody(delivered);
      return { delivered, coalesced: [], size: `${Buffer.byteLength(content)} bytes`, content };
    }
  }
}
