import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../constructs/synth';
import { idOf, stackOf } from '../support/stack';
import { Workspace } from '../support/workspace';

let workspace: Workspace;
beforeAll(() => {
  workspace = new Workspace();
});
afterAll(() => workspace.remove());

const dist = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(workspace.path('dist'))
      .sort()
      .map((name) => [name, readFileSync(workspace.path('dist', name), 'utf8')]),
  );

test('main.ts and cdk8s synth write the same dist/', () => {
  expect(workspace.synth('export default {};').code).toBe(0);
  const written = dist();

  expect(workspace.cdk8sSynth()).toMatchObject({ code: 0 });
  expect(dist()).toEqual(written);
});

test('dist/ holds every object, in the order of applying, and nothing else', () => {
  workspace.synth('export default {};');
  const files = dist();
  const inFiles = Object.entries(files)
    .filter(([name]) => name.endsWith('.yaml'))
    .flatMap(([, text]) => parseAllDocuments(text).map((document) => document.toJS() as Manifest));

  expect(inFiles.map(idOf)).toEqual(stackOf().objects.map(idOf));
  expect(Object.keys(files).filter((name) => !/^\d{4}-[a-z-]+\.k8s\.yaml$/.test(name))).toEqual([
    'SHA256SUMS',
  ]);
  expect(files.SHA256SUMS?.trimEnd().split('\n')).toHaveLength(Object.keys(files).length - 1);
});

test('settings that contradict themselves leave dist/ as it was, and say so in one line', () => {
  workspace.synth('export default {};');
  const before = dist();

  const { code, stderr } = workspace.synth(
    `const receiver = { name: 'archive', url: 'https://example.com/', cidrs: ['203.0.113.0/24'] };
     export default { prometheus: { remoteWrite: [receiver, receiver] } };`,
  );

  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^[^\n]+prometheus\.remoteWrite: found .+, allowed: receivers of different names\n$/,
  );
  expect(dist()).toEqual(before);
});
