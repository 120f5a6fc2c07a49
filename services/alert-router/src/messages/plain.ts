import type { Card } from './message';
import { factsOf, lineOf } from './summary';

/** Up to here each alert is told in full, above in a line of its own; in plain text and HTML alike. */
export const CARDS_MAX = 10;

/** The text of a mail. `now` in milliseconds since the Unix epoch. */
export function plainText(heading: string, cards: readonly Card[], now: number): string {
  const body =
    cards.length <= CARDS_MAX
      ? cards.map((card) => cardText(card, now)).join('\n\n')
      : cards.map((card) => `* ${lineOf(card, now)}`).join('\n');
  return `${heading}\n\n${body}\n`;
}

function cardText(card: Card, now: number): string {
  const description = card.description ? [card.description] : [];
  return [
    `${card.name}: ${card.summary}`,
    ...description,
    ...factsOf(card, now).map(({ name, value }) => `${name}: ${value}`),
    ...card.links.map(({ label, url }) => `${label}: ${url}`),
    ...card.hints,
  ].join('\n');
}
