import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FakeTools } from '../support/fake-tools';

const REPOSITORY = resolve(__dirname, '..', '..');
/** What the program needs of the repository; the copy has a dist/ and a .vigil/ of its own to write to. */
const PARTS = [
  'cli',
  'constructs',
  'pages',
  'imports',
  'services',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
];

let ROOT: string;

beforeAll(() => {
  ROOT = mkdtempSync(join(tmpdir(), 'vigil-copy-'));
  for (const part of PARTS) cpSync(join(REPOSITORY, part), join(ROOT, part), { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(ROOT, 'node_modules'), 'junction');
});

afterAll(() => rmSync(ROOT, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let tools: FakeTools;
let scratch: string;
let onOutput: (text: string, pid?: number) => void;

beforeEach(() => {
  onOutput = () => undefined;
  tools = new FakeTools();
  scratch = mkdtempSync(join(tmpdir(), 'vigil-cli-'));
  writeFileSync(
    join(scratch, 'vigil.config.ts'),
    `export default { cluster: { name: 'vigil-cli-test' } };\n`,
  );
});

afterEach(() => {
  tools.remove();
  rmSync(scratch, { recursive: true });
});

// Each test starts programs, which takes seconds on a machine that has other things to do.
jest.setTimeout(60_000);

/** Runs the real program, in a process of its own, with nothing on the PATH but the fake tools. */
function vigil(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, 'cli', 'bin.cjs'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: tools.folder,
      HOME: scratch,
      VIGIL_CONFIG: join(scratch, 'vigil.config.ts'),
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    onOutput(stdout, child.pid);
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}

const isOneLine = (text: string): boolean => /^[^\n]+\n$/.test(text);

test.each([
  [['stauts'], "vigil: unknown command 'stauts' (Did you mean status?)\n"],
  [['up', '--jsn'], "vigil: unknown option '--jsn' (Did you mean --json?)\n"],
  [['open', 'graphana'], /Allowed choices are grafana, .*, apache, nginx, sample-app\.\n$/],
  [['open'], "vigil: missing required argument 'component'\n"],
  [['open', 'grafana', '--port', '0'], /Allowed: a whole number from 1 to 65535\.\n$/],
  [['certificates', 'rotat-root'], /Did you mean rotate-root\?/],
  [['alerts', 'tset'], /unknown command 'alerts tset'; allowed: test, retry, route, connect/],
  [
    ['alerts', 'test', '--label', 'critical'],
    /Allowed: name=value, such as severity=critical\.\n$/,
  ],
  [['alerts', 'retry'], 'vigil: name ids of dead letters, or --all\n'],
  [['alerts', 'retry', '1', '--all'], 'vigil: name ids of dead letters, or --all\n'],
  [['alerts', 'retry', '0'], /Allowed: a whole number above 0\.\n$/],
  [['alerts', 'connect', 'generl'], /has no destination 'generl'; it has general, container,/],
  [['alerts', 'connect', 'general'], /nothing was given; pipe the credential in, or type it/],
  [['status', 'extra'], /too many arguments/],
  [[], 'vigil: name a verb; see vigil --help\n'],
])('%j is a mistake: one line on stderr, exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await vigil(args);
  expect(stderr).toMatch(message);
  expect(isOneLine(stderr)).toBe(true);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});

test.each([
  'up',
  'down',
  'status',
  'alerts',
  'open',
  'access',
  'certificates',
  'synth',
  'start',
  'try',
])('%s --help explains and ends well', async (verb) => {
  const { code, stdout, stderr } = await vigil([verb, '--help']);
  expect(stdout).toMatch(new RegExp(`^Usage: vigil ${verb}`));
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

test('up without anything installed: a line for each thing that is missing, exit code 1', async () => {
  const { code, stderr } = await vigil(['up']);
  expect(stderr.split('\n').filter(Boolean)).toEqual([
    expect.stringMatching(/^vigil: no container engine: docker is not installed; to install it: /),
    expect.stringMatching(/^vigil: kind is not installed; to install it: /),
  ]);
  expect(code).toBe(1);
  expect(existsSync(join(ROOT, '.vigil', 'vigil-cli-test.lock'))).toBe(false);
});

test('up --json without anything installed: the reason is a document on stdout', async () => {
  const { code, stdout } = await vigil(['up', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    error: expect.stringContaining('kind is not') as string,
  });
  expect(code).toBe(1);
});

test('a wrong setting: path and what is allowed, exit code 2, and no stack trace', async () => {
  writeFileSync(join(scratch, 'vigil.config.ts'), `export default { cluster: { nmae: 'x' } };\n`);
  const { code, stderr } = await vigil(['up']);
  expect(stderr).toContain("did you mean 'name'?");
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(2);
});

test('VIGIL_DEBUG=1 shows where an error comes from', async () => {
  const { stdout, code } = await vigil(['up'], { VIGIL_DEBUG: '1' });
  expect(stdout).toContain('    at ');
  expect(code).toBe(1);
});

test('Ctrl-C ends a run with one line and exit code 130, and gives the lock back', async () => {
  tools
    .install('docker', 'echo ID')
    .install(
      'kind',
      `case "$1 $2" in "create cluster") echo " * Preparing nodes" >&2; exec /bin/sleep 60;; *) :;; esac`,
    );
  const ended = vigil(['up']);
  // Not SIGKILL: the same signal that a terminal sends, once the cluster is being created.
  onOutput = (text, pid) => {
    if (text.includes('Preparing nodes') && pid) process.kill(pid, 'SIGTERM');
  };
  const { code, stderr } = await ended;
  expect(stderr).toBe('vigil: interrupted; run the same command again to go on\n');
  expect(code).toBe(130);
  expect(existsSync(join(ROOT, '.vigil', 'vigil-cli-test.lock'))).toBe(false);
  const marker = join(ROOT, '.vigil', 'vigil-cli-test.creating');
  expect(existsSync(marker)).toBe(true);
  rmSync(marker);
});

test('down without a cluster says so and ends well', async () => {
  tools.install('docker', 'echo ID').install('kind', ':');
  const { code, stdout } = await vigil(['down']);
  expect(stdout).toBe("There is no cluster 'vigil-cli-test'; nothing to do.\n");
  expect(code).toBe(0);
});

const oneNode = `case "$1 $2" in "get nodes") echo vigil-cli-test-control-plane;; esac`;

test('down with nobody to ask refuses; with --yes it deletes', async () => {
  tools
    .install('docker', '[ "$1" = inspect ] && echo /etc/kubernetes/vigil; :')
    .install('kind', oneNode);
  const refused = await vigil(['down']);
  expect(refused.stderr).toContain('add --yes if you mean it');
  expect(refused.code).toBe(2);
  expect(tools.calls.filter((call) => call.startsWith('kind delete'))).toEqual([]);

  const deleted = await vigil(['down', '--yes']);
  expect(deleted.code).toBe(0);
  expect(tools.calls).toContain('kind delete cluster --name vigil-cli-test');
});

test('down leaves a cluster of somebody else alone', async () => {
  tools.install('docker', '[ "$1" = inspect ] && echo /lib/modules; :').install('kind', oneNode);
  const { code, stderr } = await vigil(['down', '--yes']);
  expect(stderr).toContain('was not made by Vigil and is left alone');
  expect(code).toBe(1);
  expect(tools.calls.filter((call) => call.startsWith('kind delete'))).toEqual([]);
});

test('status without a cluster: one line, exit code 1', async () => {
  tools.install('docker', 'echo ID').install('kind', ':');
  const { code, stderr } = await vigil(['status']);
  expect(stderr).toBe(
    "vigil: there is no cluster 'vigil-cli-test'; `vigil up` creates it, --context names another\n",
  );
  expect(code).toBe(1);
});

test.each([
  'status --context nowhere',
  'access --context nowhere',
  'up --context nowhere',
  'down --context nowhere',
  'certificates status --context nowhere',
  'alerts --context nowhere',
  'alerts test --context nowhere',
  'alerts --context nowhere retry --all',
  'alerts disconnect general --context nowhere',
])('%s: a context that is not there', async (line) => {
  const { code, stderr } = await vigil(line.split(' '));
  expect(stderr).toMatch(/^vigil: no context 'nowhere' in your kubeconfig; it has: /);
  expect(code).toBe(2);
});

test('start on a bare machine synthesises, says what is missing and how to get it, and ends well', async () => {
  const { code, stdout, stderr } = await vigil(['start']);
  expect(stdout).toMatch(/^dist\/ is synthesised: \d+ objects in \d+ files\.\n/);
  expect(stdout).toContain('no container engine: docker is not installed');
  expect(stdout).toContain('kind is not installed');
  expect(stderr).toBe('');
  expect(code).toBe(0);
});

test('start with a kubeconfig only: the exact commands that follow', async () => {
  mkdirSync(join(scratch, '.kube'));
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'prod',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(join(scratch, '.kube', 'config'), JSON.stringify(config));
  const { code, stdout } = await vigil(['start']);
  expect(stdout).toContain('npx vigil up --context prod');
  expect(stdout).toContain('kubectl apply --server-side -f dist/');
  expect(stdout).toMatch(/docker build --tag vigil\.local\/certificate-controller:[0-9a-f]+ /);
  expect(code).toBe(0);
});

test('synth --json prints one document', async () => {
  const { code, stdout } = await vigil(['synth', '--json']);
  const document = JSON.parse(stdout) as { ok: boolean; files: string[] };
  expect(document.ok).toBe(true);
  expect(document.files.length).toBeGreaterThan(1);
  expect(code).toBe(0);
});

test('the program can be started through a link, as npx does', async () => {
  const link = join(scratch, 'vigil');
  symlinkSync(join(ROOT, 'cli', 'bin.cjs'), link);
  expect(readFileSync(link, 'utf8')).toMatch(/^#!\/usr\/bin\/env node/);
  const child = spawn(process.execPath, [link, '--help'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const code = await new Promise((done) => child.on('close', done));
  expect(stdout).toContain('Usage: vigil');
  expect(code).toBe(0);
});
