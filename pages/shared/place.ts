/** Where a cell is, counted as people do; cells run row by row from the top left. */
export function placeOf(cell: number, columns: number): string {
  return `row ${Math.floor(cell / columns) + 1}, column ${(cell % columns) + 1}`;
}
