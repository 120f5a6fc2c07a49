import { keys, swipeDirection } from './gestures';
import type { Direction } from './rules';

/** Calls back for each arrow or letter key, wherever the focus is. */
export function onKeys(act: (direction: Direction) => void): void {
  document.addEventListener('keydown', (event) => {
    // With a modifier it is the browser's.
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const direction = keys[event.key] ?? keys[event.code];
    if (!direction) return;
    event.preventDefault();
    act(direction);
  });
}

/** Calls back once for each swipe over an element, as soon as it is long enough. */
export function onSwipe(surface: HTMLElement, act: (direction: Direction) => void): void {
  let start: PointerEvent | undefined;
  surface.addEventListener('pointerdown', (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    start = event;
    surface.setPointerCapture(event.pointerId);
  });
  surface.addEventListener('pointermove', (event) => {
    if (event.pointerId !== start?.pointerId) return;
    const direction = swipeDirection(event.clientX - start.clientX, event.clientY - start.clientY);
    if (!direction) return;
    start = undefined;
    act(direction);
  });
  const stop = (): void => {
    start = undefined;
  };
  surface.addEventListener('pointerup', stop);
  surface.addEventListener('pointercancel', stop);
}
