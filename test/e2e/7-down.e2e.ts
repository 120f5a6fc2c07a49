import { execFileSync } from 'node:child_process';
import { settings } from './support/cluster';
import { up, vigil } from './support/vigil';

const clusters = (): string[] => execFileSync('kind', ['get', 'clusters']).toString().split('\n');

describe('down', () => {
  const { name } = settings.cluster;

  test('asks before a cluster with data goes, and takes silence for no', async () => {
    const { code, stderr } = await vigil(['down']);
    expect(code).toBe(2);
    expect(stderr).toContain('--yes');
    expect(clusters()).toContain(name);
  });

  test('deletes the cluster that `up` made', async () => {
    const { code } = await vigil(['down', '--yes']);
    expect(code).toBe(0);
    expect(clusters()).not.toContain(name);
  });

  test('twice is no error', async () => {
    const { code } = await vigil(['down', '--yes']);
    expect(code).toBe(0);
  });

  test('settings for three nodes on a cluster of one: said, and everything comes up', async () => {
    await up({ VIGIL_E2E_NODES: '1' });
    const report = await up({ VIGIL_E2E_NODES: '3' });
    expect(report.notes.join()).toContain('1 node');
    expect(report.jobs.every(({ up: answering, total }) => answering === total)).toBe(true);
    await vigil(['down', '--yes']);
  });
});
