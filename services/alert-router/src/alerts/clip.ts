/**
 * At most so many UTF-16 units of a text, the last one an ellipsis when some are left out. The result is well-formed:
 * no half of a surrogate pair is left, nor was there before.
 */
export function clip(text: string, length: number): string {
  return (text.length <= length ? text : `${text.slice(0, length - 1)}…`).toWellFormed();
}
