import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

/** The games that the web servers show: a folder here each. */
export const games = ['2048', 'tic-tac-toe'] as const;

export type Game = (typeof games)[number];

/** Every file of a game. All of them are text, so that they fit a ConfigMap as they are. */
export const pageFiles = ['index.html', 'style.css', 'app.js', 'icon.svg'] as const;

/** Text by file name. */
export type Page = Readonly<Record<(typeof pageFiles)[number], string>>;

const PAGES_DIR = __dirname;
const BUILD_DIR = path.join(__dirname, '..', 'build', 'pages');

/**
 * Bundles every game, in memory and without waiting, because synthesis cannot wait.
 * @throws Error when a game does not compile
 */
export function buildPages(): Readonly<Record<Game, Page>> {
  const { outputFiles } = buildSync({
    entryPoints: games.flatMap((game) => [
      { in: path.join(PAGES_DIR, game, 'main.ts'), out: path.join(game, 'app') },
      { in: path.join(PAGES_DIR, game, 'style.css'), out: path.join(game, 'style') },
    ]),
    outdir: BUILD_DIR,
    write: false,
    bundle: true,
    minify: true,
    platform: 'browser',
    // Of the browsers, versions of 2023 and later.
    target: ['chrome111', 'firefox115', 'safari16.4'],
    format: 'iife',
    legalComments: 'none',
    logLevel: 'silent',
  });
  const bundles = new Map(outputFiles.map((file) => [file.path, file.text]));
  const textOf = (game: Game, file: string): string =>
    bundles.get(path.join(BUILD_DIR, game, file)) ??
    readFileSync(path.join(PAGES_DIR, game, file), 'utf8');
  const pageOf = (game: Game): Page =>
    Object.fromEntries(pageFiles.map((file) => [file, textOf(game, file)])) as unknown as Page;
  return Object.fromEntries(games.map((game) => [game, pageOf(game)])) as Record<Game, Page>;
}

function main(): void {
  for (const [game, page] of Object.entries(buildPages())) {
    const folder = path.join(BUILD_DIR, game);
    mkdirSync(folder, { recursive: true });
    for (const [file, text] of Object.entries(page)) writeFileSync(path.join(folder, file), text);
    process.stdout.write(`build/pages/${game}\n`);
  }
}

if (require.main === module) main();
