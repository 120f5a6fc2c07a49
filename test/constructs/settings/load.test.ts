import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, parseSettings, SettingsError } from '../../../constructs/settings';
import { Workspace } from '../../support/workspace';

describe('reading the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vigil-settings-'));
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('a file with a default export is read and filled up with the defaults', () => {
    const path = file('good.ts', 'export default { cluster: { nodes: 1 } };');

    expect(loadSettings(path)).toEqual(parseSettings({ cluster: { nodes: 1 } }));
  });

  test.each([
    ['without a default export', 'export const settings = {};', 'found no default export'],
    ['that throws', "throw new Error('boom\\nsecond line');", 'cannot be read as TypeScript: boom'],
    [
      'with an import of nothing',
      "import './nowhere';",
      'cannot be read as TypeScript: .*Cannot find',
    ],
  ])('a file %s is refused in one line', (_, text, message) => {
    const path = file(`bad-${text.length}.ts`, text);

    expect(() => loadSettings(path)).toThrow(SettingsError);
    expect(() => loadSettings(path)).toThrow(new RegExp(`^bad-\\d+\\.ts: ${message}[^\\n]*$`));
  });

  test('a file that is not there is refused with its path', () => {
    const path = join(folder, 'missing.ts');

    expect(() => loadSettings(path)).toThrow(`${path}: no such file`);
  });
});

describe('the real process', () => {
  let workspace: Workspace;

  beforeAll(() => {
    workspace = new Workspace();
  });
  afterAll(() => workspace.remove());

  const dist = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(workspace.path('dist')).map((name) => [
        name,
        readFileSync(workspace.path('dist', name), 'utf8'),
      ]),
    );

  test('a good file is synthesised twice to the same bytes; then every bad one leaves them alone', () => {
    expect(workspace.synth('export default {};')).toMatchObject({ code: 0, stdout: '' });
    const before = dist();
    expect(Object.keys(before)).toContain('0000-namespaces.k8s.yaml');
    expect(workspace.synth('export default {};').code).toBe(0);
    expect(dist()).toEqual(before);

    const mistake = workspace.synth('export default { cluster: { nods: 2 } };');
    expect(mistake).toMatchObject({ code: 2, stdout: '' });
    expect(mistake.stderr).toMatch(
      /^test\.config\.ts: cluster\.nods: unknown setting 'nods'; did you mean 'nodes'\? allowed: [^\n]+\n$/,
    );

    const syntax = workspace.synth('export default {\n  cluster: {{\n};\n');
    expect(syntax).toMatchObject({ code: 2, stdout: '' });
    expect(syntax.stderr).toMatch(
      /^test\.config\.ts: cannot be read as TypeScript: line 2:\d+: [^\n]+\n$/,
    );

    const missing = workspace.synthWith(workspace.path('nowhere.ts'));
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toMatch(/^[^\n]+nowhere\.ts: no such file; allowed: [^\n]+\n$/);

    expect(dist()).toEqual(before);
  });

  test('a file of dist/ that someone edited is kept before it is written anew', () => {
    workspace.synth('export default {};');
    const [name = '', text = ''] = Object.entries(dist())[0] ?? [];
    mkdirSync(workspace.path('build'), { recursive: true });
    writeFileSync(workspace.path('dist', name), `${text}# mine\n`);

    const { code, stderr } = workspace.synth('export default {};');

    expect(code).toBe(0);
    expect(stderr).toContain(`dist/${name} had been edited by hand: kept in build/edited/`);
    expect(readFileSync(workspace.path('build', 'edited', name), 'utf8')).toBe(`${text}# mine\n`);
    expect(dist()[name]).toBe(text);
  });
});
