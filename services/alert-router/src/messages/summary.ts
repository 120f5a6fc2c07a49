import type { Card } from './message';
import { worstTone } from './message';
import { duration, isoTime } from './time';

/** `2 firing, 1 resolved`: what these cards say in all. */
export function countsOf(cards: readonly Card[]): string {
  const counts = new Map<string, number>();
  for (const { story, tone } of cards) {
    const word = story === 'test' ? 'test' : tone === 'resolved' ? 'resolved' : 'firing';
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(', ');
}

/** The word that a subject begins with: the worst severity, `resolved` when all is over, or `test`. */
export function verdictOf(cards: readonly Card[]): string {
  if (cards.every(({ story }) => story === 'test')) return 'test';
  const tone = worstTone(cards.map((card) => card.tone));
  if (tone !== 'info') return tone;
  return cards.find((card) => card.tone === 'info')?.severity ?? 'info';
}

/** The time of an alert for those who read it later, elsewhere. */
export function timeText({ startedAt, endedAt, tone }: Card, now: number): string {
  if (endedAt !== undefined) {
    const took = duration(endedAt - startedAt);
    return `fired ${isoTime(startedAt)}, resolved ${isoTime(endedAt)} (after ${took})`;
  }
  if (tone === 'resolved') return `fired ${isoTime(startedAt)}`;
  return `since ${isoTime(startedAt)} (for ${duration(now - startedAt)})`;
}

/** All that a mail says of an alert, as name and text, in the order of reading. */
export function factsOf(card: Card, now: number): { name: string; value: string }[] {
  return [
    { name: 'Status', value: `${card.status} (${card.severity})` },
    { name: 'Service', value: card.service },
    { name: 'Time', value: timeText(card, now) },
    ...card.fields,
    { name: 'Impact', value: card.impact },
    { name: 'What to do first', value: card.action },
    ...(card.remarks.length > 0 ? [{ name: 'Note', value: card.remarks.join(', ') }] : []),
  ];
}

/** An alert among many, in one line. */
export function lineOf(card: Card, now: number): string {
  const where = card.identity ? ` ${card.identity}` : '';
  const what = `${card.name} (${card.service})${where}: ${card.summary}`;
  return [`${card.status}, ${card.severity}`, what, timeText(card, now), ...card.remarks].join(
    ' - ',
  );
}
