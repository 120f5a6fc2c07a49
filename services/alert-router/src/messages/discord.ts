import type { APIEmbed, APIEmbedField } from 'discord-api-types/v10';
import { bold, code, markdown, maskedLink, timestamp } from './markdown';
import type { Card, Tone } from './message';
import { clip } from './text';
import { duration } from './time';

/** Of the bar beside an embed. */
export const COLOURS: Readonly<Record<Tone, number>> = {
  critical: 0xd32f2f,
  warning: 0xf9a825,
  info: 0x1976d2,
  resolved: 0x2e7d32,
};

/** Room for each text, in UTF-16 units: together less than an embed may have, whatever the texts are. */
const ROOM = {
  title: 200,
  summary: 700,
  description: 1000,
  guidance: 400,
  fieldValue: 130,
  hint: 160,
  more: 1000,
  footer: 200,
  compactTitle: 110,
  compactText: 150,
} as const;

/** Everything about one alert. No embed has a `url`: of several with the same one, Discord shows the first only. */
export function fullEmbed(card: Card): APIEmbed {
  const description = [
    bold(card.summary, ROOM.summary),
    ...(card.description ? [markdown(card.description, ROOM.description)] : []),
  ].join('\n');
  return {
    title: markdown(`${card.name}: ${card.service}`, ROOM.title),
    description,
    color: COLOURS[card.tone],
    fields: [
      field('Status', `${card.status} (${markdown(card.severity, 40)})`, true),
      field('Service', markdown(card.service, ROOM.fieldValue), true),
      field('Time', span(card, 'f'), true),
      ...card.fields.map(({ name, value }) => field(name, code(value, ROOM.fieldValue), true)),
      field('Impact', markdown(card.impact, ROOM.guidance), false),
      field('What to do first', markdown(card.action, ROOM.guidance), false),
      ...waysOn(card),
    ],
    footer: { text: clip(['Vigil', ...card.remarks].join(' · '), ROOM.footer) },
  };
}

/** What one needs to know of an alert among many. */
export function compactEmbed(card: Card): APIEmbed {
  const facts = [
    `**${card.status}**`,
    markdown(card.severity, 40),
    ...(card.identity ? [code(card.identity, 90)] : []),
    span(card, 't'),
    ...card.remarks.map((remark) => markdown(remark, 60)),
  ];
  const lines = [facts.join(' · '), markdown(card.summary, ROOM.compactText)];
  if (card.tone !== 'resolved') lines.push(markdown(card.action, ROOM.compactText));
  const runbook = card.links.find(({ label }) => label === 'Runbook');
  if (runbook && runbook.url.length <= 120) lines.push(maskedLink(runbook));
  return {
    title: markdown(`${card.name}: ${card.service}`, ROOM.compactTitle),
    description: lines.join('\n'),
    color: COLOURS[card.tone],
  };
}

/** When it was, as each reader's own clock says: `f` with the date, `t` without. */
export function span(card: Card, style: 'f' | 't'): string {
  const started = timestamp(card.startedAt, style);
  if (card.endedAt === undefined) {
    return card.tone === 'resolved' ? `fired ${started}` : `since ${started}`;
  }
  const took = duration(card.endedAt - card.startedAt);
  return `fired ${started}, resolved ${timestamp(card.endedAt, style)} (after ${took})`;
}

/** UTF-16 units that count towards the limit over all embeds of a message. */
export function embedSize({ title = '', description = '', fields = [], footer }: APIEmbed): number {
  const inFields = fields.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
  return title.length + description.length + inFields + (footer?.text.length ?? 0);
}

const field = (name: string, value: string, inline: boolean): APIEmbedField => ({
  name,
  value,
  inline,
});

/** As many of the ways on as there is room for. */
function waysOn({ links, hints }: Card): APIEmbedField[] {
  const ways = [...links.map(maskedLink), ...hints.map((hint) => markdown(hint, ROOM.hint))];
  let value = '';
  for (const way of ways) {
    const longer = value ? `${value} · ${way}` : way;
    if (longer.length <= ROOM.more) value = longer;
  }
  return value ? [field('More', value, false)] : [];
}
