import { byId, element } from './elements';

/** The mailbox among the channels. */
export const MAILBOX = 'mailbox';

interface Place {
  readonly button: HTMLButtonElement;
  readonly badge: HTMLElement;
  readonly messages: HTMLElement[];
  unread: number;
}

/** The list of channels with the mailbox at its end, and the messages of the one that is open. */
export class Places {
  private places = new Map<string, Place>();
  private current = '';
  private readonly list = byId('places');
  private readonly messages = byId('messages');
  private readonly heading = byId('place');

  /** Empties everything; the open place stays open. */
  reset(channels: readonly string[]): void {
    const names = [...channels, MAILBOX];
    this.places = new Map(names.map((name) => [name, this.placeOf(name)]));
    this.list.replaceChildren(
      ...[...this.places.values()].map(({ button }) => element('li', '', button)),
    );
    this.show(this.places.has(this.current) ? this.current : (names[0] ?? ''));
  }

  /** A message arrives. */
  add(name: string, message: HTMLElement): void {
    const place = this.places.get(name);
    if (!place) return;
    place.messages.push(message);
    if (name === this.current) {
      this.append(message);
      return;
    }
    place.unread += 1;
    place.badge.textContent = String(place.unread);
    place.badge.setAttribute('aria-label', `${place.unread} unread`);
  }

  private placeOf(name: string): Place {
    const badge = element('span', 'unread');
    const button = element('button', '', titleOf(name), badge);
    button.type = 'button';
    button.dataset.place = name;
    button.addEventListener('click', () => this.show(name));
    return { button, badge, messages: [], unread: 0 };
  }

  private show(name: string): void {
    const place = this.places.get(name);
    if (!place) return;
    this.places.get(this.current)?.button.removeAttribute('aria-current');
    this.current = name;
    place.unread = 0;
    place.badge.textContent = '';
    place.badge.removeAttribute('aria-label');
    place.button.setAttribute('aria-current', 'true');
    this.heading.textContent = titleOf(name);
    this.messages.replaceChildren(...place.messages);
    this.messages.scrollTop = this.messages.scrollHeight;
  }

  /** Follows the newest message, unless the reader has scrolled back. */
  private append(message: HTMLElement): void {
    const { scrollTop, clientHeight, scrollHeight } = this.messages;
    const atEnd = scrollTop + clientHeight >= scrollHeight - 40;
    this.messages.append(message);
    if (atEnd) this.messages.scrollTop = this.messages.scrollHeight;
  }
}

const titleOf = (name: string): string => (name === MAILBOX ? '✉ mailbox' : `# ${name}`);
