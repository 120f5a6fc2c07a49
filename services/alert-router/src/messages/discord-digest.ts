import type { APIEmbed } from 'discord-api-types/v10';
import { COLOURS } from './discord';
import { labelsText, varyingLabels } from './identity';
import { bold, code, markdown, timestamp } from './markdown';
import { type Card, TONES, type Tone } from './message';
import type { Telling } from './telling';
import { clip } from './text';

/** Room in UTF-16 units. Lines and headings together stay below what all embeds of a message may have. */
const LINES_MAX = 5_200;
const LINE_MAX = 1_000;
const EMBED_MAX = 4_000;
const NAME_MAX = 90;
const SERVICE_MAX = 70;
const IDENTITY_MAX = 90;
/** For the title and footer of an embed. */
const HEADING_MAX = 90;
/** For the longest times of a line with its colon: ` since <t:…:t>: `, and `, <t:…:t> to <t:…:t>: `. */
const SINCE_MAX = 27;
const FROM_TO_MAX = 44;

interface Item {
  readonly telling: Telling;
  readonly card: Card;
  /** What tells it from others on its line. */
  readonly text: string;
}

interface Line {
  readonly key: string;
  readonly tone: Tone;
  readonly heading: string;
  readonly items: Item[];
  size: number;
}

/**
 * Many alerts in one message: by colour, and in each a line per name and service with everything that it fires for.
 * Takes tellings until the message is full.
 */
export class DiscordDigest {
  private readonly lines: Line[] = [];
  private readonly tones = new Set<Tone>();
  private size = 0;

  /** @returns false when it does not fit any more; nothing is changed then. */
  add(telling: Telling, card: Card): boolean {
    const key = [card.tone, card.status, card.name, card.service].join('\n');
    const twins = this.lines.filter((line) => line.key === key);
    const text = distinctText(telling, card, twins);
    const last = twins.at(-1);
    const extended = last && last.size + text.length + 2 <= LINE_MAX ? last : undefined;
    const line = extended ?? newLine(key, card);
    const grown =
      (extended ? 0 : line.size + 1) +
      text.length +
      2 +
      (this.tones.has(card.tone) ? 0 : HEADING_MAX);
    if (this.size + grown > LINES_MAX) return false;
    this.size += grown;
    this.tones.add(card.tone);
    if (!extended) this.lines.push(line);
    line.items.push({ telling, card, text });
    line.size += text.length + 2;
    return true;
  }

  /** The most urgent colour first. */
  embeds(): APIEmbed[] {
    return TONES.flatMap((tone) => this.section(tone));
  }

  private section(tone: Tone): APIEmbed[] {
    const lines = this.lines.filter((line) => line.tone === tone);
    const items = lines.flatMap((line) => line.items);
    return packed(lines.map(writeLine)).map((description, index) => ({
      ...(index === 0 ? { title: `${SECTION[tone]}: ${countOf(items)}` } : {}),
      description,
      color: COLOURS[tone],
      ...(index === 0 ? footerOf(items) : {}),
    }));
  }
}

const SECTION: Readonly<Record<Tone, string>> = {
  critical: 'Critical',
  warning: 'Warning',
  info: 'Other',
  resolved: 'Resolved',
};

const countOf = (items: readonly Item[]): string =>
  items.length === 1 ? '1 alert' : `${items.length} alerts`;

function newLine(key: string, { tone, story, status, name, service }: Card): Line {
  const what = [bold(name, NAME_MAX), markdown(service, SERVICE_MAX)];
  if (story !== 'firing') what.push(status.toLowerCase());
  const heading = what.join(' · ');
  const timesMax = tone === 'resolved' ? FROM_TO_MAX : SINCE_MAX;
  return { key, tone, heading, items: [], size: heading.length + timesMax };
}

function distinctText(telling: Telling, card: Card, twins: readonly Line[]): string {
  const plain = code(card.identity || clip(card.summary, 60), IDENTITY_MAX);
  const namesakes = twins.flatMap(({ items }) => items).filter(({ text }) => text === plain);
  if (namesakes.length === 0) return plain;
  const { labels } = telling.told.alert;
  const others = namesakes.map((item) => item.telling.told.alert.labels);
  const difference = labelsText(labels, varyingLabels([labels, ...others]));
  return code(
    `${clip(card.identity, 60)} ${difference}`.trim() || `#${telling.told.id}`,
    2 * IDENTITY_MAX,
  );
}

function writeLine({ heading, tone, items }: Line): string {
  return `${heading}${times(tone, items)}: ${items.map(({ text }) => text).join(', ')}`;
}

/** Of the first that began, and the last that ended. */
function times(tone: Tone, items: readonly Item[]): string {
  const began = Math.min(...items.map(({ card }) => card.startedAt));
  if (tone !== 'resolved') return ` since ${timestamp(began, 't')}`;
  const ended = Math.max(...items.map(({ card }) => card.endedAt ?? card.startedAt));
  return `, ${timestamp(began, 't')} to ${timestamp(ended, 't')}`;
}

/** The remark of the first that has one: those that wait together are late together. */
function footerOf(items: readonly Item[]): Pick<APIEmbed, 'footer'> {
  const remarks = items.find(({ card }) => card.remarks.length > 0)?.card.remarks;
  return remarks ? { footer: { text: clip(remarks.join(' · '), HEADING_MAX - 30) } } : {};
}

/** Lines together in as few texts as an embed's length allows. */
function packed(lines: readonly string[]): string[] {
  const texts: string[] = [];
  for (const line of lines) {
    const text = texts.at(-1);
    if (text !== undefined && text.length + 1 + line.length <= EMBED_MAX) {
      texts[texts.length - 1] = `${text}\n${line}`;
    } else {
      texts.push(line);
    }
  }
  return texts;
}
