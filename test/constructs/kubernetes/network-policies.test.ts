import { chartOf, find, idOf } from '../../support/stack';

test('default deny for each namespace, and one policy for each component that has a network of its own', () => {
  const { objects, text } = chartOf('network-policies');

  expect(objects.map(idOf)).not.toContain('NetworkPolicy agents/node-exporter');
  expect(objects.map(idOf).slice(0, 4)).toEqual([
    'NetworkPolicy vigil-system/default-deny',
    'NetworkPolicy monitoring/default-deny',
    'NetworkPolicy agents/default-deny',
    'NetworkPolicy web/default-deny',
  ]);
  expect(text).toMatchSnapshot();
});

test('a scrape that goes through the API server opens no way to its target', () => {
  const { objects } = chartOf('network-policies');
  const egress = JSON.stringify(find(objects, 'NetworkPolicy monitoring/prometheus').spec?.egress);

  expect(egress).not.toContain('9153');
  expect(egress).toContain('6443');
});

test('a port that is open to everyone has a rule without peers, and only that port', () => {
  const { objects } = chartOf('network-policies');
  const { ingress } = find(objects, 'NetworkPolicy web/apache').spec as {
    ingress: readonly { from?: unknown; ports: readonly { port: number }[] }[];
  };
  const open = ingress.filter(({ from }) => from === undefined);

  expect(open.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([8443, 8080]);
  expect(ingress.filter(({ from }) => from !== undefined).length).toBeGreaterThan(0);
});

test('networks of nodes, and those of a receiver, come from the settings', () => {
  const { objects } = chartOf('network-policies', {
    cluster: { nodeCidrs: ['10.1.0.0/16'], controlPlane: false },
    prometheus: {
      remoteWrite: [
        { name: 'archive', url: 'https://archive.example.com:8443/', cidrs: ['203.0.113.0/24'] },
      ],
    },
  });
  const { egress } = find(objects, 'NetworkPolicy monitoring/prometheus').spec ?? {};

  expect(egress).toContainEqual({
    to: [{ ipBlock: { cidr: '203.0.113.0/24' } }],
    ports: [{ protocol: 'TCP', port: 8443 }],
  });
  expect(egress).toContainEqual({
    to: [{ ipBlock: { cidr: '10.1.0.0/16' } }],
    ports: [{ protocol: 'TCP', port: 10_250 }],
  });
  expect(JSON.stringify(egress)).not.toContain('10259');
});
