import type { Link } from './links';
import { clip, writeEscaped } from './text';
import { isTime } from './time';

/**
 * Discord's markdown, as far as messages use it: `**bold**`, `` `code` ``, `[label](url)`, `<t:unix:style>`, and a
 * backslash before what shall stand for itself.
 */

/** These mean something wherever they stand. */
const ALWAYS = new Set(['\\', '*', '_', '~', '|', '`', '[', ']', '<']);
/** These only at the beginning of a line: headings, quotes, lists, small print. */
const AT_START = new Set(['#', '>', '-', '+']);
const PING = /@(?=everyone|here)/gi;
/** Breaks a ping without being seen. */
const ZERO_WIDTH_SPACE = '\u200B';

/** Clean text as itself, in at most `max` UTF-16 units. */
export function markdown(text: string, max: number): string {
  return writeEscaped(text.replace(PING, `@${ZERO_WIDTH_SPACE}`), max, (character, index) =>
    ALWAYS.has(character) || (index === 0 && AT_START.has(character))
      ? `\\${character}`
      : character,
  );
}

/** Clean text in a code span, where nothing is markdown but the backtick; in at most `max` UTF-16 units. */
export function code(text: string, max: number): string {
  const inert = text.replaceAll('`', "'").replace(PING, `@${ZERO_WIDTH_SPACE}`);
  return `\`${clip(inert, max - 2)}\``;
}

export function bold(text: string, max: number): string {
  return `**${markdown(text, max - 4)}**`;
}

/** The label is ours; the address cannot end the link. */
export function maskedLink({ label, url }: Link): string {
  return `[${label}](${url.replace(/[()]/g, (bracket) => (bracket === '(' ? '%28' : '%29'))})`;
}

/** A time that each reader sees in their own zone: `f` date and time, `t` time, `R` how long ago. */
export function timestamp(ms: number, style: 'f' | 't' | 'R'): string {
  return isTime(ms) ? `<t:${Math.floor(ms / 1000)}:${style}>` : 'an unknown time';
}
