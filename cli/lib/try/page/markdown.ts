import { element } from './elements';

/** Of Discord's markdown, what the router writes: escapes, bold, code, times, links. */
const MARK =
  /\\(?<escaped>[^\w\s])|\*\*(?<bold>(?:\\.|[^\\])+?)\*\*|`(?<code>[^`]+)`|<t:(?<unix>\d+):(?<style>[tfR])>|\[(?<label>[^\]]+)\]\((?<url>https?:\/\/[^)\s]+)\)/su;

/** The text as nodes. Whatever it says, it becomes text, and nothing that the browser would run. */
export function renderMarkdown(text: string): Node[] {
  const nodes: Node[] = [];
  let rest = text;
  for (let match = MARK.exec(rest); match; match = MARK.exec(rest)) {
    nodes.push(document.createTextNode(rest.slice(0, match.index)), nodeOf(match.groups ?? {}));
    rest = rest.slice(match.index + match[0].length);
  }
  nodes.push(document.createTextNode(rest));
  return nodes;
}

function nodeOf({ escaped, bold, code, unix, style, label, url }: Record<string, string>): Node {
  if (bold !== undefined) return element('strong', '', ...renderMarkdown(bold));
  if (code !== undefined) return element('code', '', code);
  if (unix !== undefined) return timeNode(Number(unix) * 1000, style === 'f');
  if (label !== undefined && url !== undefined) return linkNode(label, url);
  return document.createTextNode(escaped ?? '');
}

/** A time on the reader's own clock. */
export function timeNode(ms: number, withDate: boolean): HTMLTimeElement {
  const date = new Date(ms);
  const text = withDate
    ? date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
    : date.toLocaleTimeString(undefined, { timeStyle: 'medium' });
  const node = element('time', '', text);
  node.dateTime = date.toISOString();
  return node;
}

function linkNode(label: string, url: string): HTMLAnchorElement {
  const link = element('a', '', label);
  link.href = url;
  link.rel = 'noopener noreferrer';
  link.target = '_blank';
  return link;
}
