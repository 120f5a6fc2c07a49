import { html } from '../../messages/html';
import { type Card, type Circumstances, describe } from '../../messages/message';
import { plainText } from '../../messages/plain';
import { countsOf, verdictOf } from '../../messages/summary';
import { rowsOf, type Telling, tellingsOf } from '../../messages/telling';
import { clip } from '../../messages/text';
import { byUrgency } from '../../messages/urgency';
import type { Delivery, Message } from '../../model';
import { digestOf, keyOfDeliveries } from '../keys';

/** With more groups waiting than this, one mail tells of all of them. */
const GROUPS_MAX = 20;
/** Alerts of one mail. */
const ALERTS_MAX = 500;
const SUBJECT_MAX = 180;

/** One mail, not yet sent. */
export interface Mail extends Pick<Message, 'delivered' | 'coalesced'> {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Without angle brackets. The same for the same deliveries, so that a server knows a repetition. */
  readonly messageId: string;
  /** Of the thread that all mails of a group belong to; a mail about many groups has none. */
  readonly threadId?: string;
}

/**
 * The next mail of what is pending: the most urgent group, or all of them when there are many.
 *
 * @param domain behind the `@` of message IDs
 */
export function composeMail(
  pending: readonly Delivery[],
  circumstances: Circumstances,
  domain: string,
): Mail {
  const groups = byUrgency(tellingsOf(pending));
  const isDigest = groups.length > GROUPS_MAX;
  const tellings = (isDigest ? groups.flat() : (groups[0] ?? [])).slice(0, ALERTS_MAX);
  const cards = tellings.map((telling) => describe(telling, circumstances));
  const subject = isDigest ? digestSubject(tellings, cards) : groupSubject(cards);
  const rows = rowsOf(tellings);
  const groupKey = tellings[0]?.told.groupKey ?? '';
  return {
    ...rows,
    subject,
    text: plainText(subject, cards, circumstances.now),
    html: html(subject, cards, circumstances.now),
    messageId: `${keyOfDeliveries([...rows.delivered, ...rows.coalesced])}@${domain}`,
    ...(isDigest ? {} : { threadId: `group-${digestOf(groupKey)}@${domain}` }),
  };
}

function groupSubject(cards: readonly Card[]): string {
  const [first] = cards;
  if (!first) return '';
  return subjectLine(verdictOf(cards), `${first.service}: ${first.summary}`, cards);
}

function digestSubject(tellings: readonly Telling[], cards: readonly Card[]): string {
  const groups = new Set(tellings.map(({ told }) => told.groupKey)).size;
  return subjectLine(verdictOf(cards), `${cards.length} alerts in ${groups} groups`, cards);
}

/** The counts stay, however long the rest is. */
function subjectLine(verdict: string, what: string, cards: readonly Card[]): string {
  const counts = ` (${countsOf(cards)})`;
  return clip(`[${clip(verdict, 30)}] ${what}`, SUBJECT_MAX - counts.length) + counts;
}
