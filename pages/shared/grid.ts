import { element } from './dom';

/** Fills a grid with rows of cells. @returns what was made for each cell, row by row from the top left */
export function fillGrid<Content extends HTMLElement>(
  grid: HTMLElement,
  size: number,
  make: () => Content,
): Content[] {
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, make));
  grid.replaceChildren(
    ...rows.map((contents) => {
      const cells = contents.map((content) => element('div', { role: 'gridcell' }, content));
      return element('div', { role: 'row' }, ...cells);
    }),
  );
  return rows.flat();
}
