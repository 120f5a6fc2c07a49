import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { browserCommand } from '../../../cli/lib/browser';
import { KubeClient } from '../../../cli/lib/kube-client';
import { forwardPort } from '../../../cli/lib/port-forward';
import { currentSystem, installation } from '../../../cli/lib/system';
import { FakeApplyServer } from '../../support/fake-apply-server';

const URL = 'https://localhost:1';

test.each([
  ['darwin', {}, 'open'],
  ['win32', {}, 'rundll32'],
  ['linux', { DISPLAY: ':0' }, 'xdg-open'],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, 'xdg-open'],
  ['linux', {}, undefined],
] as const)('on %s with %j the browser is opened by %s', (platform, env, program) => {
  expect(browserCommand(URL, platform, env)?.[0]).toBe(program);
});

test('a local port that is in use is said in one line, with what to do', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const server = await FakeApplyServer.start();
  const client = new KubeClient(server.kubeConfig, new AbortController().signal);
  const target = { namespace: 'monitoring', service: 'grafana', port: 3000 };
  await expect(forwardPort(client, target, port)).rejects.toThrow(
    `port ${port} of this machine is in use; choose another with --port`,
  );
  client.close();
  await server.stop();
  await new Promise((resolve) => taken.close(resolve));
});

test.each([
  ['debian', 'linux', 'ID=debian\n'],
  ['debian', 'linux', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n'],
  ['fedora', 'linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n'],
  ['arch', 'linux', 'ID=manjaro\nID_LIKE=arch\n'],
  ['linux', 'linux', 'ID=nixos\n'],
  ['linux', 'linux', ''],
  ['macos', 'darwin', ''],
  ['windows', 'win32', ''],
] as const)('%s is recognised (%s, %j)', (system, platform, osRelease) => {
  expect(currentSystem(platform, osRelease)).toBe(system);
  expect(installation(system).engine).toMatch(/\S/);
});
