import type { Page as Tab } from 'playwright-core';
import { describeWithProgram } from '../../support/tools';
import { GameBrowser, overflows } from '../game-browser';

const statusOf = (tab: Tab): Promise<string | null> => tab.getByRole('status').textContent();

/** Marks of the cells, row by row; a dot is empty. */
async function boardOf(tab: Tab): Promise<string> {
  const texts = await tab.getByRole('gridcell').allTextContents();
  return texts.map((text) => text || '.').join('');
}

/** X, draws, O. */
async function scoreOf(tab: Tab): Promise<number[]> {
  return (await tab.locator('.scores dd').allTextContents()).map(Number);
}

const choose = (tab: Tab, name: string): Promise<void> => tab.getByRole('radio', { name }).check();

describeWithProgram('chromium', 'the page of Tic-Tac-Toe', (executablePath) => {
  const game = new GameBrowser('tic-tac-toe', executablePath);
  beforeAll(() => game.start());
  afterAll(() => game.stop());
  afterEach(async () => {
    expect(await game.leave()).toEqual([]);
  });

  test('two play with the keyboard alone, round after round', async () => {
    const tab = await game.visit();
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await tab.keyboard.press(key);
    };
    await press('Tab', 'Tab', 'Tab', 'ArrowDown');
    expect(await tab.getByRole('radio', { name: 'a second player' }).isChecked()).toBe(true);
    expect(await statusOf(tab)).toBe('X begins.');
    await press('Shift+Tab', 'Shift+Tab');
    await press('Enter', 'ArrowDown', 'Space', 'ArrowUp', 'ArrowRight', 'Enter');
    expect(await boardOf(tab)).toBe('XX.O.....');
    // A taken cell stays as it is; at the edge the focus stays.
    await press('Enter', 'ArrowUp', 'Enter');
    expect(await boardOf(tab)).toBe('XX.O.....');
    expect(await statusOf(tab)).toBe('X in row 1, column 2. It is the turn of O.');
    await press('ArrowDown', 'Enter', 'ArrowUp', 'ArrowRight', 'Space');
    expect(await boardOf(tab)).toBe('XXXOO....');
    expect(await statusOf(tab)).toBe('X in row 1, column 3. X wins!');
    expect(await scoreOf(tab)).toEqual([1, 0, 0]);
    expect(await tab.locator('[data-won="true"]').allTextContents()).toEqual(['X', 'X', 'X']);
    expect(await tab.locator(':focus').getAttribute('id')).toBe('new-round');
    await press('Enter');
    expect([await boardOf(tab), await statusOf(tab)]).toEqual(['.........', 'O begins.']);
    await press('Enter');
    expect(await boardOf(tab)).toBe('..O......');
  }, 30_000);

  test('is played with a finger against the computer, which never loses', async () => {
    const tab = await game.visit({ viewport: { width: 320, height: 640 }, hasTouch: true });
    expect(await overflows(tab)).toBe(false);
    for (let round = 0; round < 6; round += 1) {
      while (!/A draw|wins|You win/.test((await statusOf(tab)) ?? '')) {
        const board = await boardOf(tab);
        // From the end in every other round, so that not all rounds are the same.
        const free = round % 2 === 0 ? board.indexOf('.') : board.lastIndexOf('.');
        await tab.locator('.cell').nth(free).tap();
      }
      await tab.locator('#new-round').tap();
    }
    const [won = 0, drawn = 0, lost = 0] = await scoreOf(tab);
    expect([won, drawn + lost]).toEqual([0, 6]);
  }, 60_000);

  test('the easy computer can be beaten; who changes the opponent starts anew', async () => {
    // Without luck, its guess is always the first free cell.
    const tab = await game.visit({}, 'Math.random = () => 0');
    await choose(tab, 'the computer, easy');
    for (const cell of [4, 2, 6]) await tab.locator('.cell').nth(cell).click();
    expect(await statusOf(tab)).toBe('X in row 3, column 1. You win!');
    expect(await scoreOf(tab)).toEqual([1, 0, 0]);
    await tab.locator('#new-round').click();
    expect(await boardOf(tab)).toBe('O........');
    await choose(tab, 'a second player');
    expect([await boardOf(tab), await scoreOf(tab)]).toEqual(['.........', [0, 0, 0]]);
  }, 30_000);

  test('has names and roles for everything, and is light or dark', async () => {
    const colours = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const tab = await game.visit({ colorScheme });
      colours.push(await tab.evaluate('getComputedStyle(document.body).backgroundColor'));
    }
    expect(new Set(colours).size).toBe(2);
    const tab = await game.visit();
    expect(await tab.title()).toBe('Tic-Tac-Toe');
    expect(await tab.locator('html').getAttribute('lang')).toBe('en');
    await tab.getByRole('main').getByRole('heading', { level: 1 }).waitFor();
    await tab.getByRole('group', { name: 'O is played by' }).getByRole('radio').first().waitFor();
    const grid = tab.getByRole('grid', { name: 'Board' });
    expect(await grid.getByRole('row').count()).toBe(3);
    await grid.getByRole('button', { name: 'row 3, column 2: empty' }).click();
    const taken = grid.getByRole('button', { name: 'row 3, column 2: X', disabled: true });
    expect(await taken.count()).toBe(1);
    expect(await grid.locator('[tabindex="0"]').count()).toBe(1);
  }, 30_000);

  test('runs nothing that is not its own', async () => {
    const tab = await game.visit();
    await tab.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'document.title = "taken"';
      document.body.append(script);`);
    expect(await tab.title()).toBe('Tic-Tac-Toe');
    expect(game.complaints.splice(0).join()).toContain('Content Security Policy');
  }, 30_000);
});
