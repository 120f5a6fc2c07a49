import { byId, element } from '../shared/dom';
import { fillGrid } from '../shared/grid';
import type { Turn } from './game';
import { type Cells, SIZE } from './rules';
import { describeBoard, describeCell } from './sentences';

/** Colours in the style sheet; tiles beyond have the last one. */
const LEVELS = 12;

type Entrance = 'still' | 'new' | 'merged';

/**
 * The board twice: a grid with the values as text for those who listen, and tiles that slide over it for those who
 * look.
 */
export class Board {
  private readonly texts = fillGrid(byId('grid'), SIZE, emptyText);
  private readonly layer = byId('tiles');
  private readonly summary = byId('summary');
  private readonly tiles = new Map<number, HTMLElement>();
  /** Tiles that were merged: they slide on below the new one until the next move. */
  private leaving: HTMLElement[] = [];

  /** Shows a board as it is, without a way to it. */
  show(cells: Cells): void {
    this.layer.replaceChildren();
    this.tiles.clear();
    this.leaving = [];
    cells.forEach((value, cell) => {
      if (value !== 0) this.add(cell, value, 'still');
    });
    this.describe(cells);
  }

  /** Slides the tiles of one move. */
  slide({ game, slides, spawned }: Turn): void {
    for (const tile of this.leaving.splice(0)) tile.remove();
    const before = new Map(this.tiles);
    this.tiles.clear();
    for (const { from, to } of slides) {
      const tile = before.get(from);
      if (!tile) continue;
      moveTo(tile, to);
      const other = this.tiles.get(to);
      if (other) this.leaving.push(tile, other);
      else this.tiles.set(to, tile);
    }
    const merged = new Set(slides.map(({ to }) => to).filter(isRepeated));
    for (const cell of merged) this.add(cell, game.cells[cell] ?? 0, 'merged');
    this.add(spawned.cell, spawned.value, 'new');
    this.describe(game.cells);
  }

  private add(cell: number, value: number, entrance: Entrance): void {
    const tile = element('div', { class: 'tile', 'data-entrance': entrance }, String(value));
    tile.dataset.level = String(Math.min(Math.log2(value), LEVELS));
    tile.dataset.digits = String(String(value).length);
    moveTo(tile, cell);
    this.tiles.set(cell, tile);
    this.layer.append(tile);
  }

  private describe(cells: Cells): void {
    this.texts.forEach((text, cell) => {
      text.textContent = describeCell(cells[cell] ?? 0);
    });
    this.summary.textContent = describeBoard(cells);
  }
}

const emptyText = (): HTMLElement => element('span', { class: 'spoken' });

const isRepeated = (cell: number, index: number, cells: readonly number[]): boolean =>
  cells.indexOf(cell) !== index;

function moveTo(tile: HTMLElement, cell: number): void {
  tile.style.setProperty('--column', String(cell % SIZE));
  tile.style.setProperty('--row', String(Math.floor(cell / SIZE)));
}
