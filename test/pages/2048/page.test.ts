import type { Page as Tab } from 'playwright-core';
import { type Direction, directions, move } from '../../../pages/2048/rules';
import { describeWithProgram } from '../../support/tools';
import { GameBrowser, middleOf, overflows, swipe } from '../game-browser';

const keysOf: Record<Direction, readonly [string, string]> = {
  up: ['ArrowUp', 'w'],
  right: ['ArrowRight', 'd'],
  down: ['ArrowDown', 's'],
  left: ['ArrowLeft', 'a'],
};

/** What a visitor hears of the board: the values of its cells. */
async function heard(tab: Tab): Promise<number[]> {
  const texts = await tab.getByRole('gridcell').allTextContents();
  return texts.map((text) => (text === 'empty' ? 0 : Number(text)));
}

/** What a visitor sees of it: the value of the topmost tile over each cell. */
function seen(tab: Tab): Promise<number[]> {
  return tab.evaluate<number[]>(`
    (() => {
      const values = Array(16).fill(0);
      for (const tile of document.querySelectorAll('.tile')) {
        const { style } = tile;
        const cell = 4 * style.getPropertyValue('--row') + 1 * style.getPropertyValue('--column');
        values[cell] = Math.max(values[cell], Number(tile.textContent));
      }
      return values;
    })()`);
}

const numberIn = async (tab: Tab, selector: string): Promise<number> =>
  Number(await tab.locator(selector).textContent());

/** JavaScript that leaves a game in the browser before the page opens, once. */
const keep = (cells: readonly number[], score: number): string =>
  `if (!localStorage.length) localStorage.setItem('vigil-2048', '${JSON.stringify({
    game: { cells, score, goesOn: false },
    best: score,
  })}')`;

/** The same luck in every run. */
const PREDICTABLE = `
  let state = 7;
  Math.random = () => (state = (state * 48271) % 2147483647) / 2147483647;`;

const board = (...values: number[]): number[] => [
  ...values,
  ...Array.from({ length: 16 - values.length }, () => 0),
];

describeWithProgram('chromium', 'the page of 2048', (executablePath) => {
  const game = new GameBrowser('2048', executablePath);
  beforeAll(() => game.start());
  afterAll(() => game.stop());
  afterEach(async () => {
    expect(await game.leave()).toEqual([]);
  });

  test('is played with arrows and letters to its end, by the rules', async () => {
    const tab = await game.visit({}, PREDICTABLE);
    let score = 0;
    let before = await heard(tab);
    expect(before.filter((value) => value > 0)).toHaveLength(2);
    const end = tab.locator('#end');
    for (let index = 0; await end.isHidden(); index += 1) {
      // Left and down as long as they move something, so that the game lasts.
      const direction =
        (['left', 'down', 'right', 'up'] as const).find(
          (one) => String(move(before, one).cells) !== String(before),
        ) ?? 'up';
      await tab.keyboard.press(keysOf[direction][index % 2]!);
      const moved = move(before, direction);
      score += moved.gained;
      const after = await heard(tab);
      const changed = after.flatMap((value, cell) => (value === moved.cells[cell] ? [] : [cell]));
      expect(changed).toHaveLength(1);
      const [cell = 0] = changed;
      expect(await tab.getByRole('status').textContent()).toMatch(/^(Moved|Game over|You made)/);
      expect([moved.cells[cell], [2, 4].includes(after[cell] ?? 0)]).toEqual([0, true]);
      expect(await seen(tab)).toEqual(after);
      before = after;
    }
    expect(score).toBeGreaterThan(100);
    expect([await numberIn(tab, '#score'), await numberIn(tab, '#best')]).toEqual([score, score]);
    const sentence = `Game over, nothing can move. Score ${score}.`;
    expect(await tab.getByRole('status').textContent()).toBe(sentence);
    expect(await tab.locator(':focus').textContent()).toContain('Play again');
    await tab.keyboard.press('Enter');
    expect(await end.isHidden()).toBe(true);
    expect([await numberIn(tab, '#score'), await numberIn(tab, '#best')]).toEqual([0, score]);
  }, 120_000);

  test('is played with a finger, on a small screen that stays where it is, for arrow keys too', async () => {
    const tab = await game.visit(
      { viewport: { width: 320, height: 400 }, hasTouch: true },
      "window.scrolls = 0; addEventListener('scroll', () => (window.scrolls += 1))",
    );
    expect(await overflows(tab)).toBe(false);
    const middle = await middleOf(tab, '#surface');
    const ways = {
      up: { down: -60 },
      right: { right: 60 },
      down: { down: 60 },
      left: { right: -60 },
    };
    for (let round = 0; (await numberIn(tab, '#score')) < 40; round += 1) {
      expect(round).toBeLessThan(40);
      for (const direction of directions) {
        const before = await heard(tab);
        await swipe(tab, middle, ways[direction]);
        const moved = move(before, direction);
        const isMove = String(moved.cells) !== String(before);
        expect(await tab.getByRole('status').textContent()).toContain(
          isMove ? `Moved ${direction}` : `Nothing can move ${direction}`,
        );
      }
    }
    await tab.keyboard.press('ArrowDown');
    await tab.evaluate('new Promise((done) => setTimeout(done, 200))');
    expect(await tab.evaluate('scrolls')).toBe(0);
    // Beside the board a finger scrolls, so the page could have moved.
    await swipe(tab, await middleOf(tab, 'h1'), { down: -30 });
    await tab.waitForFunction('scrolls > 0');
  }, 60_000);

  test('is won once, and goes on', async () => {
    const tab = await game.visit({}, keep(board(1024, 1024), 20_000));
    await tab.keyboard.press('ArrowLeft');
    expect(await tab.getByRole('status').textContent()).toBe('You made 2048! Score 22048.');
    expect(await tab.locator(':focus').textContent()).toContain('Keep going');
    const cells = await heard(tab);
    await tab.keyboard.press('ArrowRight');
    expect(await heard(tab)).toEqual(cells);
    await tab.keyboard.press('Enter');
    expect(await tab.locator('#end').isHidden()).toBe(true);
    await tab.keyboard.press('ArrowRight');
    // The tile that came with the move before may be in its way.
    expect((await heard(tab)).indexOf(2048)).toBe(move(cells, 'right').cells.indexOf(2048));
    expect(await tab.getByRole('status').textContent()).toContain('Moved right');
  }, 30_000);

  test('is still there after a reload; a new game leaves the best score', async () => {
    const tab = await game.visit({}, keep(board(8, 8), 100));
    await tab.keyboard.press('a');
    const cells = await heard(tab);
    await tab.reload();
    expect(await heard(tab)).toEqual(cells);
    expect(await seen(tab)).toEqual(cells);
    expect(await numberIn(tab, '#score')).toBe(116);
    await tab.getByRole('button', { name: 'New game' }).click();
    expect([await numberIn(tab, '#score'), await numberIn(tab, '#best')]).toEqual([0, 116]);
    expect((await heard(tab)).filter((value) => value > 0)).toHaveLength(2);
  }, 30_000);

  test('works where nothing can be kept', async () => {
    const forbid = `Object.defineProperty(window, 'localStorage', {
      get() { throw new DOMException('no', 'SecurityError'); },
    })`;
    const tab = await game.visit({}, forbid);
    for (const direction of directions) await tab.keyboard.press(keysOf[direction][0]);
    expect(await tab.getByRole('status').textContent()).toMatch(/^(Moved|Nothing)/);
    await tab.getByRole('button', { name: 'New game' }).click();
    expect((await heard(tab)).filter((value) => value > 0)).toHaveLength(2);
  }, 30_000);

  test('leaves keys with a modifier to the browser', async () => {
    const tab = await game.visit({}, keep(board(8, 8), 100));
    await tab.keyboard.press('Alt+ArrowDown');
    await tab.keyboard.press('Control+ArrowDown');
    expect(await heard(tab)).toEqual(board(8, 8));
  }, 30_000);

  test('moves nothing for those who want no motion', async () => {
    for (const reducedMotion of ['no-preference', 'reduce'] as const) {
      const tab = await game.visit({ reducedMotion }, keep(board(8, 8), 100));
      await tab.keyboard.press('ArrowRight');
      const moving = await tab.evaluate<number>('document.getAnimations().length');
      expect(moving > 0).toBe(reducedMotion === 'no-preference');
    }
  }, 30_000);

  test('is light or dark, as its visitor', async () => {
    const colours = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const tab = await game.visit({ colorScheme });
      colours.push(await tab.evaluate('getComputedStyle(document.body).backgroundColor'));
    }
    expect(colours).toEqual(['rgb(243, 245, 247)', 'rgb(18, 24, 30)']);
  }, 30_000);

  test('has names and roles for everything', async () => {
    const tab = await game.visit({}, keep(board(2, 4, 8), 0));
    expect(await tab.title()).toBe('2048');
    expect(await tab.locator('html').getAttribute('lang')).toBe('en');
    await tab.getByRole('main').getByRole('heading', { level: 1, name: '2048' }).waitFor();
    const grid = tab.getByRole('grid', { name: 'Board' });
    expect(await grid.getByRole('row').count()).toBe(4);
    expect(await grid.getByRole('gridcell', { name: 'empty' }).count()).toBe(13);
    expect(await tab.locator('#summary').textContent()).toBe(
      'Row 1: 2, 4, 8, empty. Row 2: empty, empty, empty, empty. Row 3: empty, empty, empty, empty. ' +
        'Row 4: empty, empty, empty, empty. Largest 8, 13 of 16 cells empty.',
    );
    // By Tab alone: the board, then the button.
    await tab.keyboard.press('Tab');
    expect(await tab.locator(':focus').getAttribute('id')).toBe('grid');
    await tab.keyboard.press('Tab');
    expect(await tab.locator(':focus').getAttribute('id')).toBe('new-game');
  }, 30_000);
});
