import type { APIEmbed } from 'discord-api-types/v10';
import { compactEmbed, embedSize, fullEmbed } from '../../messages/discord';
import { DiscordDigest } from '../../messages/discord-digest';
import { type Card, type Circumstances, describe } from '../../messages/message';
import { rowsOf, type Telling, tellingsOf } from '../../messages/telling';
import { byUrgency } from '../../messages/urgency';
import { clean, clip } from '../../messages/text';
import { isoTime } from '../../messages/time';
import type { Delivery, Message } from '../../model';
import { CONTENT_MAX, EMBED_TOTAL_MAX, EMBEDS_MAX } from './limits';

/** So many alerts that wait are still read one by one, with everything about each; above, what matters most. */
const FULL_MAX = 5;
/** Above this a message names its alerts line by line. At 30 messages a minute a channel can take no more cards. */
const COMPACT_MAX = 60;

/** One message of Discord, not yet sent. */
export interface Composition extends Pick<Message, 'delivered' | 'coalesced'> {
  readonly embeds: readonly APIEmbed[];
  /** The same without any markup, when it tells one alert only: for when Discord refuses the embeds. */
  readonly plain?: string;
}

/** The next message of what is pending: the most urgent of it, as much as fits. */
export function compose(pending: readonly Delivery[], circumstances: Circumstances): Composition {
  const tellings = byUrgency(tellingsOf(pending)).flat();
  const draft = draftFor(tellings.length);
  const taken: Telling[] = [];
  let first: Card | undefined;
  for (const telling of tellings) {
    const card = describe(telling, circumstances);
    if (!draft.add(telling, card)) break;
    first ??= card;
    taken.push(telling);
  }
  const plain = taken.length === 1 && first ? { plain: plainContent(first) } : {};
  return { ...rowsOf(taken), embeds: draft.embeds(), ...plain };
}

/** Embeds while they are gathered. */
interface Draft {
  /** @returns false when there is no more room. */
  add(telling: Telling, card: Card): boolean;
  embeds(): APIEmbed[];
}

function draftFor(count: number): Draft {
  if (count > COMPACT_MAX) return new DiscordDigest();
  return new Cards(count <= FULL_MAX ? fullEmbed : compactEmbed);
}

/** An embed for each alert. */
class Cards implements Draft {
  private readonly cards: APIEmbed[] = [];
  private size = 0;

  constructor(private readonly write: (card: Card) => APIEmbed) {}

  add(_telling: Telling, card: Card): boolean {
    const embed = this.write(card);
    const size = this.size + embedSize(embed);
    if (this.cards.length === EMBEDS_MAX || size > EMBED_TOTAL_MAX) return false;
    this.cards.push(embed);
    this.size = size;
    return true;
  }

  embeds(): APIEmbed[] {
    return this.cards;
  }
}

/** Letters, digits and the plainest punctuation: whatever Discord disliked is not among them. */
function plainContent(card: Card): string {
  const parts = [card.status, card.severity, card.name, card.service, card.identity, card.summary];
  const text = [...parts, isoTime(card.startedAt)].join(' - ');
  return clip(clean(text.replace(/[^\p{L}\p{N} .,:/()-]/gu, ' ')), CONTENT_MAX);
}
