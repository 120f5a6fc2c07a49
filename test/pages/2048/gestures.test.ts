import { swipeDirection } from '../../../pages/2048/gestures';

test.each([
  [0, 0, undefined],
  [23, -23, undefined],
  [24, 10, 'right'],
  [-30, 29, 'left'],
  [10, 24, 'down'],
  [0, -60, 'up'],
])('a finger that goes %p right and %p down means %p', (right, down, expected) => {
  expect(swipeDirection(right, down)).toBe(expected);
});
