import { byId, element } from '../shared/dom';
import { fillGrid } from '../shared/grid';
import { type Board, outcomeOf, SIZE } from './rules';
import { describeCell } from './sentences';

/** How far each key moves the focus: rows, columns. */
const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowRight: [0, 1],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
};

/** The board: a button for each cell, of which one is reached by Tab and the others by arrow keys. */
export class BoardView {
  private readonly buttons: readonly HTMLButtonElement[];
  private current = 0;

  /** @param play is told which cell was chosen. */
  constructor(play: (cell: number) => void) {
    this.buttons = fillGrid(byId('board'), SIZE, makeButton);
    this.buttons.forEach((button, cell) => {
      button.addEventListener('click', () => play(cell));
      button.addEventListener('focus', () => this.makeCurrent(cell));
      button.addEventListener('keydown', (event) => this.onKey(event, cell));
    });
  }

  show(board: Board): void {
    const outcome = outcomeOf(board);
    this.buttons.forEach((button, cell) => {
      const mark = board[cell];
      button.textContent = mark ?? '';
      button.dataset.mark = mark ?? '';
      button.dataset.won = String(outcome.kind === 'won' && outcome.line.includes(cell));
      // Not `disabled`, which would take the focus away.
      const isTaken = mark !== undefined || outcome.kind !== 'open';
      button.setAttribute('aria-disabled', String(isTaken));
      button.setAttribute('aria-label', describeCell(cell, mark));
    });
    this.makeCurrent(this.current);
  }

  focus(): void {
    this.buttons[this.current]?.focus();
  }

  private makeCurrent(cell: number): void {
    this.current = cell;
    this.buttons.forEach((button, index) => {
      button.tabIndex = index === cell ? 0 : -1;
    });
  }

  private onKey(event: KeyboardEvent, cell: number): void {
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const row = Math.floor(cell / SIZE) + step[0];
    const column = (cell % SIZE) + step[1];
    if (isInside(row) && isInside(column)) this.buttons[row * SIZE + column]?.focus();
  }
}

const makeButton = (): HTMLButtonElement => element('button', { type: 'button', class: 'cell' });

const isInside = (index: number): boolean => index >= 0 && index < SIZE;
