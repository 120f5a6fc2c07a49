#!/usr/bin/env node
/**
 * `npx vigil <verb>`: runs the TypeScript program with the Node.js that the package pins, whichever Node.js
 * started this file. Plain JavaScript, because it must run before any of that is in place.
 */
const { spawn } = require('node:child_process');
const { existsSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { pathToFileURL } = require('node:url');

function pinnedNode() {
  const folder = join(dirname(require.resolve('node/package.json')), 'bin');
  const found = ['node.exe', 'node'].map((name) => join(folder, name)).find(existsSync);
  return found ?? process.execPath;
}

const loader = pathToFileURL(require.resolve('tsx')).href;
const child = spawn(
  pinnedNode(),
  ['--import', loader, join(__dirname, 'index.ts'), ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
// A terminal sends Ctrl-C to both processes; the child decides what to do about it and when to end.
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
}
child.on('error', (error) => {
  process.stderr.write(`vigil: cannot start Node.js: ${error.message}; run npm ci again\n`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
