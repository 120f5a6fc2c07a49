import type { ChannelMessage, Mail } from '../protocol';
import { element } from './elements';
import { renderMarkdown, timeNode } from './markdown';

type Embed = ChannelMessage['embeds'][number];

/** A message as Discord draws it. */
export function renderMessage({ at, content, embeds }: ChannelMessage): HTMLElement {
  const text = content ? [element('div', 'text', ...renderMarkdown(content))] : [];
  return element('article', 'message', sentAt(at), ...text, ...embeds.map(renderEmbed));
}

/** A mail: its subject, and what it looks like on demand, in a frame that may do nothing. */
export function renderMail({ index, at, from, to, subject }: Mail): HTMLElement {
  const button = element('button', '', subject);
  button.type = 'button';
  button.setAttribute('aria-expanded', 'false');
  const article = element('article', 'mail', sentAt(at), button);
  article.append(element('div', 'footer', `${from} to ${to}`));
  button.addEventListener('click', () => {
    const open = article.querySelector('iframe');
    button.setAttribute('aria-expanded', String(!open));
    if (open) open.remove();
    else article.append(frameOf(index, subject));
  });
  return article;
}

function frameOf(index: number, subject: string): HTMLIFrameElement {
  const frame = element('iframe', '');
  frame.setAttribute('sandbox', '');
  frame.title = subject;
  frame.src = `/mails/${index}`;
  return frame;
}

function renderEmbed({
  title,
  description,
  color,
  fields = [],
  footer,
  timestamp,
}: Embed): HTMLElement {
  const embed = element('div', 'embed');
  if (color !== undefined) embed.style.borderLeftColor = `#${color.toString(16).padStart(6, '0')}`;
  if (title) embed.append(element('div', 'title', ...renderMarkdown(title)));
  if (description) embed.append(element('div', 'text', ...renderMarkdown(description)));
  if (fields.length > 0) embed.append(element('dl', 'fields', ...fields.map(renderField)));
  const small: (Node | string)[] = footer ? [footer.text] : [];
  if (timestamp) small.push(small.length > 0 ? ' · ' : '', timeNode(Date.parse(timestamp), true));
  if (small.length > 0) embed.append(element('div', 'footer', ...small));
  return embed;
}

function renderField({ name, value, inline }: NonNullable<Embed['fields']>[number]): HTMLElement {
  const term = element('dt', '', ...renderMarkdown(name));
  const definition = element('dd', '', ...renderMarkdown(value));
  return element('div', inline ? '' : 'wide', term, definition);
}

function sentAt(ms: number): HTMLElement {
  const time = timeNode(ms, false);
  time.className = 'sent';
  return time;
}
