import { escapeHtml } from '../escape-html';
import type { Card, Tone } from './message';
import { CARDS_MAX } from './plain';
import { factsOf, lineOf } from './summary';

/** Seen on white and on black alike: text keeps the reader's own colours, only bars are coloured. */
const BAR: Readonly<Record<Tone, string>> = {
  critical: '#d32f2f',
  warning: '#f9a825',
  info: '#1976d2',
  resolved: '#2e7d32',
};

/**
 * A mail that loads nothing: no picture, no style sheet, no script. `now` in milliseconds since the Unix epoch.
 */
export function html(heading: string, cards: readonly Card[], now: number): string {
  const body =
    cards.length <= CARDS_MAX
      ? cards.map((card) => cardHtml(card, now)).join('\n')
      : `<ul>\n${cards.map((card) => lineHtml(card, now)).join('\n')}\n</ul>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<title>${escapeHtml(heading)}</title></head>
<body style="font-family:sans-serif;line-height:1.4">
<h1 style="font-size:1.2em">${escapeHtml(heading)}</h1>
${body}
</body></html>
`;
}

function cardHtml(card: Card, now: number): string {
  const rows = factsOf(card, now).map(
    ({ name, value }) =>
      `<tr><th scope="row" style="text-align:left;vertical-align:top;padding-right:1em">${escapeHtml(name)}</th>` +
      `<td style="vertical-align:top">${escapeHtml(value)}</td></tr>`,
  );
  const description = card.description ? `<p>${escapeHtml(card.description)}</p>\n` : '';
  return `<section style="border-left:4px solid ${BAR[card.tone]};padding-left:12px;margin:16px 0">
<h2 style="font-size:1em;margin:0 0 4px">${escapeHtml(card.name)}: ${escapeHtml(card.summary)}</h2>
${description}<table>${rows.join('\n')}</table>
<p>${waysOn(card)}</p>
</section>`;
}

const lineHtml = (card: Card, now: number): string =>
  `<li style="border-left:4px solid ${BAR[card.tone]};padding-left:8px;list-style:none">${escapeHtml(lineOf(card, now))}</li>`;

const waysOn = ({ links, hints }: Card): string =>
  [
    ...links.map(({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`),
    ...hints.map(escapeHtml),
  ].join(' · ');
