import { execFileSync } from 'node:child_process';
import { settings } from './support/cluster';
import { vigil } from './support/vigil';

const { name } = settings.cluster;

describe('a kind cluster of the same name that Vigil did not make', () => {
  beforeAll(() => {
    const image = process.env.VIGIL_NODE_IMAGE;
    execFileSync(
      'kind',
      ['create', 'cluster', '--name', name, ...(image ? ['--image', image] : [])],
      {
        stdio: 'ignore',
      },
    );
  });
  afterAll(() => {
    execFileSync('kind', ['delete', 'cluster', '--name', name], { stdio: 'ignore' });
  });

  test.each([['up'], ['down', '--yes']])('%s refuses it in one line', async (...args) => {
    const { code, stderr } = await vigil(args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(`kind cluster '${name}'`);
    expect(stderr).not.toMatch(/^\s+at .+:\d+:\d+/m);
  });

  test('it is still there', () => {
    expect(execFileSync('kind', ['get', 'clusters']).toString().split('\n')).toContain(name);
  });
});
