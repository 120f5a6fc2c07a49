import {
  buildMissing,
  loadMissing,
  publishCommands,
  removeOutdated,
  wantedImages,
} from '../../../cli/lib/images';
import { ownImages, parseSettings } from '../../../constructs/settings';
import { FakeTools } from '../../support/fake-tools';

const IMAGES = [
  { key: 'certificateController', service: 'certificate-controller', image: 'vigil.local/cc:2' },
] as const;
const options = { signal: new AbortController().signal, report: (): void => undefined };

let tools: FakeTools;

beforeEach(() => (tools = new FakeTools()));
afterEach(() => tools.remove());

/** Two nodes; the first has these images, the second none of ours. */
function twoNodes(...first: string[]): void {
  tools.install('kind', `[ "$1" = get ] && printf 'n1\\nn2\\n'; :`);
  tools.install(
    'docker',
    `case "$*" in *"n1 ctr"*"list"*) printf '${first.join('\\n')}\\n';; *"n2 ctr"*"list"*) echo other:1;; esac`,
  );
}

test('our images are those that the settings do not replace', () => {
  expect(wantedImages(parseSettings({}))).toEqual(ownImages());
  const images = { certificateController: 'registry.example.org/cc:1' };
  expect(wantedImages(parseSettings({ images })).map(({ key }) => key)).not.toContain(
    'certificateController',
  );
});

test('an image whose tag the engine has is not built again', async () => {
  tools.install('docker', 'echo sha256:1');
  expect(await buildMissing(IMAGES, options)).toBe('1 already built');
  expect(tools.calls.filter((call) => call.startsWith('docker build'))).toEqual([]);
});

test('an image is loaded into the nodes that lack it, and only those', async () => {
  twoNodes('vigil.local/cc:2');
  expect(await loadMissing(IMAGES, 'test', options)).toBe('1 into 1 node(s)');
  expect(tools.calls).toContain('kind load docker-image vigil.local/cc:2 --name test --nodes n2');
});

test('earlier builds are removed from nodes, the current one and what is not ours stay', async () => {
  twoNodes('vigil.local/cc:1', 'vigil.local/cc:2', 'quay.io/x/y:1');
  await removeOutdated(IMAGES, 'test', options.signal);
  const removals = tools.calls.filter((call) => call.includes('images remove'));
  expect(removals).toEqual([
    'docker exec n1 ctr --namespace k8s.io images remove vigil.local/cc:1',
  ]);
});

test('for clusters of which we know only the API: build, tag, push', () => {
  const commands = publishCommands(IMAGES);
  expect(commands[0]).toBe('npm run build');
  expect(commands[1]).toMatch(
    /^docker build --tag vigil\.local\/cc:2 build.certificate-controller$/,
  );
  expect(commands[2]).toBe(
    'docker tag vigil.local/cc:2 REGISTRY/cc:2 && docker push REGISTRY/cc:2',
  );
});
