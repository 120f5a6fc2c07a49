import { buildPages, games, pageFiles } from '../../pages/build';

const pages = buildPages();

describe.each(games)('%s', (game) => {
  const page = pages[game];

  test('consists of its files, all of them small', () => {
    expect(Object.keys(page)).toEqual([...pageFiles]);
    const bytes = Object.values(page).map((text) => Buffer.byteLength(text));
    expect(Math.min(...bytes)).toBeGreaterThan(0);
    expect(bytes.reduce((sum, count) => sum + count)).toBeLessThan(60 * 1024);
  });

  test('names no other place', () => {
    const allowed = page['icon.svg'].replace('http://www.w3.org/2000/svg', '');
    for (const text of [page['index.html'], page['style.css'], page['app.js'], allowed]) {
      expect(text).not.toMatch(/https?:|[("'= ]\/\/\w|@import|url\(/);
    }
  });

  test('keeps scripts and styles out of its document', () => {
    const html = page['index.html'];
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
    expect(html.match(/<script[^>]*>[^<]*/g)).toEqual(['<script src="app.js" defer>']);
  });

  test('refers to each of its files, and to nothing else', () => {
    const names = [...page['index.html'].matchAll(/(?:src|href)="([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(names.sort()).toEqual(pageFiles.filter((file) => file !== 'index.html').sort());
  });
});

test('is the same in every build', () => {
  expect(buildPages()).toEqual(pages);
});
