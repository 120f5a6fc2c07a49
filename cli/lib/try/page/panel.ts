import type { Action, DestinationView, ShowState } from '../protocol';
import { byId, element } from './elements';

/** Everything on the page that is no message. */
export class Panel {
  private readonly line = byId('line');
  private readonly progress = byId('progress') as HTMLProgressElement;
  private readonly buttons = [...document.querySelectorAll<HTMLButtonElement>('[data-action]')];
  private troubles: ShowState['troubles'] = [];

  /** @param act tells the server what the visitor wants. */
  constructor(act: (action: Action) => void) {
    for (const button of this.buttons) {
      button.addEventListener('click', () => act(button.dataset.action as Action));
    }
    setInterval(() => this.countDown(), 500);
  }

  show(state: ShowState): void {
    this.say(state.line, state.verdict === undefined ? '' : verdictTone(state));
    this.progress.value = state.progress;
    this.updateButtons(state);
    const router = byId('router');
    router.textContent = state.router;
    router.dataset.tone = state.router === 'running' ? 'good' : 'bad';
    byId('totals').replaceChildren(...totalsOf(state));
    byId('destinations').replaceChildren(...state.destinations.map(rowOf));
    byId('tally').replaceChildren(...tallyOf(state));
  }

  /** One line that says what happens. */
  say(text: string, tone = ''): void {
    if (this.line.textContent !== text) this.line.textContent = text;
    this.line.dataset.tone = tone;
  }

  private updateButtons({ phase, troubles }: ShowState): void {
    this.troubles = troubles;
    for (const button of this.buttons) {
      const action = button.dataset.action as Action;
      if (action === 'play') button.disabled = phase === 'playing';
      if (action === 'pause') button.disabled = phase !== 'playing';
      if (button.classList.contains('danger') && action !== 'kill') {
        button.ariaPressed = String(troubles.some((trouble) => trouble.action === action));
      }
    }
    this.countDown();
  }

  /** Says on each trouble's button how long it lasts. */
  private countDown(): void {
    for (const button of this.buttons) {
      const trouble = this.troubles.find(({ action }) => action === button.dataset.action);
      const seconds = trouble ? Math.ceil((trouble.until - Date.now()) / 1000) : 0;
      const text = seconds > 0 ? `${seconds} s` : '';
      if ((button.dataset.left ?? '') !== text) button.dataset.left = text;
    }
  }
}

function totalsOf({ totals, unaccepted }: ShowState): HTMLElement[] {
  if (!totals) return [];
  const { accepted, delivered, coalesced, dead, expired, pending } = totals;
  return [
    ...pair('accepted', accepted),
    ...pair('= delivered', delivered),
    ...pair('+ coalesced', coalesced),
    ...pair('+ dead', dead + expired),
    ...pair('+ pending', pending),
    ...pair('still with Alertmanager', unaccepted),
  ];
}

function tallyOf({ tally }: ShowState): HTMLElement[] {
  return [
    ...pair('accepted', tally.accepted),
    ...pair('delivered', tally.delivered),
    ...pair('on the way', tally.waiting),
    ...pair('lost', tally.lost, tally.lost > 0 ? 'bad' : 'good'),
    ...pair('duplicates', tally.duplicates),
  ];
}

const verdictTone = ({ tally }: ShowState): string => (tally.lost > 0 ? 'bad' : 'good');

function pair(name: string, value: number, tone = ''): HTMLElement[] {
  const definition = element('dd', '', String(value));
  definition.dataset.tone = tone;
  return [element('dt', '', name), definition];
}

function rowOf({ name, state, pending, reason }: DestinationView): HTMLElement {
  const stateCell = element('td', '', state);
  stateCell.dataset.tone = state === 'ready' ? 'good' : 'bad';
  stateCell.title = reason ?? '';
  const heading = element('th', '', name);
  heading.scope = 'row';
  return element('tr', '', heading, stateCell, element('td', '', String(pending)));
}
