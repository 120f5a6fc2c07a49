/** Lines of a Markdown table. */
export const rows = <T>(items: readonly T[], cells: (item: T) => readonly string[]): string =>
  items.map((item) => `| ${cells(item).join(' | ')} |`).join('\n');

/** `a`, `b` */
export const code = (names: readonly string[]): string =>
  names.map((name) => `\`${name}\``).join(', ');
