import type { Direction } from './rules';

/** Of a finger's way, in CSS pixels; less is a tap. */
const SWIPE_MIN = 24;

/** Keys by their `key` or `code`: arrows by their meaning; W, A, S and D by their place, whatever the keyboard's language writes on them. */
export const keys: Readonly<Record<string, Direction>> = {
  ArrowUp: 'up',
  ArrowRight: 'right',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  KeyW: 'up',
  KeyD: 'right',
  KeyS: 'down',
  KeyA: 'left',
};

/** Where a way of so many pixels to the right and down leads; undefined while it is too short to tell. */
export function swipeDirection(right: number, down: number): Direction | undefined {
  if (Math.max(Math.abs(right), Math.abs(down)) < SWIPE_MIN) return undefined;
  if (Math.abs(right) > Math.abs(down)) return right > 0 ? 'right' : 'left';
  return down > 0 ? 'down' : 'up';
}
