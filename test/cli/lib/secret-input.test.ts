import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const PROGRAM = resolve(__dirname, '..', '..', '..', 'cli', 'bin.cjs');

/** Connects a destination in a process of its own, with this on its standard input; no cluster is asked. */
function connect(input: string): { readonly status: number | null; readonly output: string } {
  const args = [PROGRAM, 'alerts', 'connect', 'general', '--context', 'nowhere'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { input, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

test.each([
  ['an URL of somebody else', 'https://evil.example/SECRET\n', /allowed: https:\/\/discord\.com/],
  ['no URL', 'SECRET', /the credential is no URL/],
  ['far too much', `https://discord.com/${'SECRET'.repeat(4000)}`, /it is too long/],
  ['blank lines', '\n \n', /nothing was given/],
])(
  '%s is refused in one line that does not repeat it',
  (_what, input, message) => {
    const { status, output } = connect(input);
    expect(output).toMatch(message);
    expect(output).toMatch(/^vigil: [^\n]+\n$/);
    expect(output).not.toContain('SECRET');
    expect(status).toBe(2);
  },
  30_000,
);

test('a good one comes as far as the cluster', () => {
  const { status, output } = connect('https://discord.com/api/webhooks/1/SECRET\r\n');
  expect(output).toMatch(/^vigil: [^\n]*nowhere[^\n]*\n$/);
  expect(output).not.toContain('SECRET');
  expect(status).toBe(2);
}, 30_000);
