import { escapeHtml } from '../escape-html';

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Html[];

/** Characters that cannot be seen, some of which turn the direction of text around; and halves of characters. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}]/gu;

/** A template in which everything is escaped that is not HTML already. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = strings.reduce((all, string, index) => {
    const part = parts[index - 1];
    return `${all}${part === undefined ? '' : textOf(part)}${string}`;
  });
  return new Html(text);
}

function textOf(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escape(part);
  return part.map(({ text }) => text).join('');
}

const escape = (text: string): string => escapeHtml(text.replace(INVISIBLE, '\ufffd'));
