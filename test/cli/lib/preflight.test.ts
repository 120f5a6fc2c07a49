import {
  engineProblem,
  findMissingTools,
  nodeCidrProblems,
  nodeImageProblem,
  refuse,
} from '../../../cli/lib/preflight';
import { parseSettings } from '../../../constructs/settings';
import { FakeTools } from '../../support/fake-tools';

const DENIED =
  'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock';
const STOPPED =
  'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';

let tools: FakeTools;

beforeEach(() => (tools = new FakeTools()));
afterEach(() => tools.remove());

const found = async (): Promise<string[]> => (await findMissingTools()).map(({ what }) => what);

test('with a working engine and kind nothing is missing', async () => {
  tools.install('docker', 'echo ID').install('kind', 'echo v0.33.0');
  expect(await found()).toEqual([]);
});

test('without both, both are named, each with the command that installs it', async () => {
  const problems = await findMissingTools();
  expect(problems.map(({ what }) => what)).toEqual([
    'no container engine: docker is not installed',
    'kind is not installed',
  ]);
  expect(problems.every(({ cure }) => cure.startsWith('to install it: '))).toBe(true);
});

test.each([
  ['daemon down', STOPPED, 'the docker daemon is not running'],
  ['no permission', DENIED, 'you have no permission to use docker'],
])('%s is told from the engine not being there', async (_case, stderr, what) => {
  tools.install('docker', `echo "${stderr}" >&2; exit 1`).install('kind', 'exit 0');
  expect(await found()).toEqual([what]);
});

test.each(['debian', 'fedora', 'arch', 'macos', 'windows', 'linux'] as const)(
  'on %s every problem is one line with a cure',
  (system) => {
    for (const state of ['missing', 'stopped', 'denied'] as const) {
      const problem = engineProblem(state, system);
      expect(problem?.cure).toMatch(/\S/);
      expect(`${problem?.what}${problem?.cure}`).not.toContain('\n');
    }
    expect(engineProblem('ready', system)).toBeUndefined();
  },
);

test('all problems are reported at once, one line each', () => {
  const problems = [
    { what: 'a is missing', cure: 'get a' },
    { what: 'b is missing', cure: 'get b' },
  ];
  expect(() => refuse(problems)).toThrow('a is missing; get a\nb is missing; get b');
  expect(() => refuse([])).not.toThrow();
});

test('a node image that is on this machine is not pulled', async () => {
  tools.install('docker', '[ "$1" = image ] && echo sha256:1');
  const lines: string[] = [];
  const signal = new AbortController().signal;
  expect(
    await nodeImageProblem('kindest/node:x', signal, (line) => lines.push(line)),
  ).toBeUndefined();
  expect(lines).toEqual([]);
});

test('a node image that is nowhere is named, with what to do', async () => {
  tools.install('docker', 'echo "Error: No such image" >&2; exit 1');
  const problem = await nodeImageProblem(
    'kindest/node:x',
    new AbortController().signal,
    () => undefined,
  );
  expect(problem?.what).toBe(
    'node image kindest/node:x is not on this machine and cannot be pulled',
  );
  expect(problem?.cure).toContain('VIGIL_NODE_IMAGE');
  expect(tools.calls.at(-1)).toBe('docker pull --quiet kindest/node:x');
});

test('nodes inside of the networks pass', () => {
  const addresses = { a: '172.18.0.2', b: '10.0.3.4' };
  expect(nodeCidrProblems(addresses, ['172.16.0.0/12', '10.0.0.0/22'])).toEqual([]);
});

test('nodes outside are named together, with a network to add', () => {
  const [problem] = nodeCidrProblems({ a: '10.89.0.2', b: '10.89.0.3', c: '172.18.0.2' }, [
    '172.16.0.0/12',
  ]);
  expect(problem?.what).toBe(
    'nodes outside of cluster.nodeCidrs (172.16.0.0/12): a (10.89.0.2), b (10.89.0.3)',
  );
  expect(problem?.cure).toContain("'10.89.0.0/16'");
});

test('nodes with an IPv6 address are named, without a network that the settings would refuse', () => {
  const [problem, ...others] = nodeCidrProblems({ a: 'fc00:f853::3', b: '172.18.0.2' }, [
    '172.16.0.0/12',
  ]);
  expect(problem?.what).toBe('nodes with an IPv6 address: a (fc00:f853::3)');
  expect(problem?.cure).toContain('IPv4');
  expect(problem?.cure).not.toContain('nodeCidrs');
  expect(others).toEqual([]);
});

test('what is advised for nodes outside is a network that the settings take', () => {
  const [, problem] = nodeCidrProblems({ a: 'fc00:f853::3', b: '10.89.0.2' }, ['172.16.0.0/12']);
  const [, advised = ''] = /'(.+)'/.exec(problem?.cure ?? '') ?? [];
  expect(parseSettings({ cluster: { nodeCidrs: [advised] } }).cluster.nodeCidrs).toEqual([advised]);
});
