import fc from 'fast-check';
import { parseSettings, type VigilConfig } from '../../../constructs/settings';
import {
  buildTopology,
  guardedPorts,
  identityOf,
  type Model,
  type Topology,
} from '../../../constructs/topology';

type Rows = { -readonly [K in keyof Model]: Model[K] };

/** A small stack that is right; each test makes one thing of it wrong. */
const small = (): Rows => ({
  components: {
    prometheus: {
      namespace: 'monitoring',
      workload: 'StatefulSet',
      ports: { web: 9090 },
      rereads: 'all',
    },
    blackBox: {
      namespace: 'monitoring',
      workload: 'Deployment',
      ports: { metrics: 9115, probes: 9116 },
      rereads: 'leaf',
    },
  },
  outside: {
    technician: { place: { kind: 'person' }, ports: {} },
    kubelet: { place: { kind: 'nodes' }, ports: { https: 10_250 } },
    coreDns: {
      place: { kind: 'pods', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
      ports: { dns: 53, metrics: 9153 },
      protocols: ['UDP', 'TCP'],
    },
  },
  flows: [
    { from: 'technician', to: 'prometheus', port: 'web', why: 'looking' },
    { from: 'prometheus', to: 'blackBox', port: 'metrics', why: 'metrics', scrape: {} },
    {
      from: 'prometheus',
      to: 'blackBox',
      port: 'probes',
      why: 'probes',
      scrape: { everySeconds: 60, path: '/probe' },
    },
    { from: 'prometheus', to: 'coreDns', port: 'dns', why: 'names' },
    { from: 'prometheus', to: 'kubelet', port: 'https', why: 'nodes', scrape: {} },
  ],
});

const settings = parseSettings({});
const build = (change: (rows: Rows) => void = () => undefined): Topology => {
  const rows = small();
  change(rows);
  return buildTopology(settings, rows);
};

const addFlow =
  (flow: Model['flows'][number]) =>
  (rows: Rows): void => {
    rows.flows = [...rows.flows, flow];
  };

const addComponent =
  (key: string, change: object = {}) =>
  (rows: Rows): void => {
    const { blackBox } = small().components;
    if (blackBox) rows.components = { ...rows.components, [key]: { ...blackBox, ...change } };
  };

describe('a model that contradicts itself is refused with the name', () => {
  test.each<[string, (rows: Rows) => void, string]>([
    [
      'an unknown component at the far end',
      addFlow({ from: 'prometheus', to: 'blackBocks', port: 'metrics', why: 'x' }),
      "flow prometheus → blackBocks:metrics: unknown component 'blackBocks'; did you mean 'blackBox'?",
    ],
    [
      'an unknown component at the near end',
      addFlow({ from: 'promtheus', to: 'blackBox', port: 'metrics', why: 'x' }),
      "flow promtheus → blackBox:metrics: unknown component 'promtheus'; did you mean 'prometheus'?",
    ],
    [
      'an unknown port',
      addFlow({ from: 'blackBox', to: 'blackBox', port: 'metric', why: 'x' }),
      "flow blackBox → blackBox:metric: 'blackBox' has no port 'metric'; did you mean 'metrics'?; its ports: metrics, probes",
    ],
    [
      'a port by a name that every object has',
      addFlow({ from: 'blackBox', to: 'prometheus', port: 'toString', why: 'x' }),
      "'prometheus' has no port 'toString'; did you mean 'web'?; its ports: web",
    ],
    [
      'a flow to a person',
      addFlow({ from: 'prometheus', to: 'technician', port: 'web', why: 'x' }),
      "'technician' has no port 'web'; its ports: none",
    ],
    [
      'the same flow twice',
      addFlow({ from: 'prometheus', to: 'blackBox', port: 'metrics', why: 'again' }),
      "flow prometheus → blackBox:metrics is there twice: 'metrics' and 'again'",
    ],
    [
      'two components of one name',
      addComponent('black-box'),
      "'blackBox' and 'black-box' would both be named 'black-box'",
    ],
    [
      'a component named as something outside',
      addComponent('core-dns'),
      "'core-dns' and 'coreDns' would both be named 'core-dns'",
    ],
    [
      'a component in an unknown namespace',
      addComponent('other', { namespace: 'elsewhere' }),
      "component 'other': unknown namespace 'elsewhere'; allowed: vigil-system, monitoring, agents",
    ],
    [
      'a component that no flow reaches',
      addComponent('island'),
      "component 'island' is unreachable on port metrics, probes: no flow leads there",
    ],
    [
      'a port that no flow reaches',
      (rows) => (rows.flows = rows.flows.filter(({ port }) => port !== 'probes')),
      "component 'blackBox' is unreachable on port probes: no flow leads there",
    ],
    [
      'a way through someone unknown',
      addFlow({ from: 'prometheus', to: 'coreDns', port: 'metrics', why: 'x', via: 'apiServer' }),
      "flow prometheus → coreDns:metrics: unknown component 'apiServer'",
    ],
    [
      'a way through someone whom no flow reaches',
      addFlow({ from: 'blackBox', to: 'coreDns', port: 'metrics', why: 'x', via: 'kubelet' }),
      "flow blackBox → coreDns:metrics goes through 'kubelet', to which no flow leads from 'blackBox'",
    ],
  ])('%s', (_, change, message) => {
    expect(() => build(change)).toThrow(`topology: `);
    expect(() => build(change)).toThrow(message);
  });

  test('a connection from someone who holds no certificate of ours', () => {
    const topology = build(addFlow({ from: 'kubelet', to: 'prometheus', port: 'web', why: 'x' }));

    expect(() => topology.clientsOf(topology.component('prometheus'))).toThrow(
      "'kubelet' holds no certificate of ours and cannot open a flow",
    );
  });

  test('asking for a component that is not there', () => {
    expect(() => build().component('prometeus')).toThrow(
      "unknown component 'prometeus'; did you mean 'prometheus'?",
    );
    expect(() => build().component('kubelet')).toThrow("unknown component 'kubelet'");
  });

  test('a remote receiver may be named as a component', () => {
    const receiver = { name: 'grafana', url: 'https://a.example.com/', cidrs: ['203.0.113.0/24'] };
    const settings = parseSettings({ prometheus: { remoteWrite: [receiver] } });

    const names = buildTopology(settings).outside.map(({ name }) => name);
    expect(names).toContain('remote-write-grafana');
  });
});

describe('names that follow from a row', () => {
  test('identity, DNS name, Secret and workload', () => {
    expect(build().component('blackBox')).toMatchObject({
      name: 'black-box',
      dnsName: 'black-box.monitoring.svc',
      commonName: 'black-box.monitoring.svc',
      spiffeId: 'spiffe://vigil/ns/monitoring/sa/black-box',
      tlsSecret: 'black-box-tls',
      workloadRef: { kind: 'Deployment', namespace: 'monitoring', name: 'black-box' },
    });
  });

  test('DNS is on both protocols, everything else on TCP', () => {
    const ports = build().flows.map(({ port }) => [port.number, port.protocols]);

    expect(ports).toContainEqual([53, ['UDP', 'TCP']]);
    expect(ports).toContainEqual([10_250, ['TCP']]);
  });
});

describe('pages', () => {
  const model = (web: VigilConfig['web']): Topology => buildTopology(parseSettings({ web }));
  const visitors = (topology: Topology): string[] =>
    topology
      .flowsTo(topology.component('apache'))
      .filter(({ port }) => port.name === 'web')
      .map(({ from }) => from.key);

  test('are for everyone, and have the host names of the settings', () => {
    const topology = model({ hosts: { apache: ['play.example.com'] } });
    const leaf = topology.plan.leaves.find(({ component }) => component === 'apache');

    expect(visitors(topology)).toContain('anyone');
    expect(topology.component('apache').open).toEqual({ web: 'TLS', redirect: 'redirect' });
    expect(leaf?.dnsNames).toContain('play.example.com');
  });

  test('are for the technician where visitors need a certificate', () => {
    const topology = model({ clientCertificates: true });

    expect(visitors(topology)).toContain('technician');
    expect(visitors(topology)).not.toContain('anyone');
    expect(topology.component('apache').open).toEqual({ redirect: 'redirect' });
    expect(
      topology.clientsOf(topology.component('apache')).map(({ commonName }) => commonName),
    ).toContain('technician');
  });
});

describe('clients', () => {
  test('are the near ends of the flows, each once', () => {
    const topology = build();

    expect(topology.clientsOf(topology.component('blackBox'))).toEqual([
      topology.component('prometheus'),
    ]);
    expect(topology.clientsOf(topology.component('prometheus'))).toEqual([
      { spiffeId: 'spiffe://vigil/person/technician', commonName: 'technician' },
    ]);
  });

  test('are not asked for at an open port', () => {
    const topology = build((rows) => {
      const { blackBox } = rows.components;
      if (!blackBox) throw new Error('the small stack has changed');
      rows.components = { ...rows.components, blackBox: { ...blackBox, open: { probes: 'TLS' } } };
      rows.outside = { ...rows.outside, anyone: { place: { kind: 'anyone' }, ports: {} } };
      addFlow({ from: 'anyone', to: 'blackBox', port: 'probes', why: 'pages' })(rows);
    });
    const blackBox = topology.component('blackBox');

    expect(topology.clientsOf(blackBox)).toEqual([topology.component('prometheus')]);
    expect(guardedPorts(blackBox)).toEqual(['metrics']);
    expect(
      topology.plan.leaves.find(({ component }) => component === 'black-box')?.dnsNames,
    ).toContain('localhost');
  });

  test('scrapers are those clients whose flow is a scrape', () => {
    const topology = build(
      addFlow({ from: 'blackBox', to: 'prometheus', port: 'web', why: 'its own', scrape: {} }),
    );

    expect(topology.scrapersOf(topology.component('prometheus'))).toEqual([
      topology.component('blackBox'),
    ]);
  });

  test('a component and a person have an identity, the rest has none', () => {
    const topology = build();
    const identities = [...topology.components, ...topology.outside].map((end) => {
      try {
        return identityOf(end).commonName;
      } catch {
        return `none: ${end.key}`;
      }
    });

    expect(identities).toEqual([
      'prometheus.monitoring.svc',
      'black-box.monitoring.svc',
      'technician',
      'none: kubelet',
      'none: coreDns',
    ]);
  });
});

describe('scrape jobs', () => {
  test('one for each scrape; the second port of a component gets its name', () => {
    expect(build().scrapeJobs).toEqual([
      expect.objectContaining({
        name: 'black-box',
        port: 9115,
        path: '/metrics',
        everySeconds: 15,
      }),
      expect.objectContaining({
        name: 'black-box-probes',
        port: 9116,
        path: '/probe',
        everySeconds: 60,
      }),
      expect.objectContaining({ name: 'kubelet', port: 10_250, everySeconds: 15 }),
    ]);
  });

  test('names are unique in the real stack', () => {
    const names = buildTopology(settings).scrapeJobs.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the certificate plan', () => {
  const leaf = (topology: Topology, name: string) =>
    topology.plan.leaves.find(({ component }) => component === name);

  test('names a server by its DNS names, and localhost only where someone says so', () => {
    const topology = build();

    expect(leaf(topology, 'prometheus')?.dnsNames).toEqual([
      'prometheus.monitoring.svc',
      'prometheus.monitoring.svc.cluster.local',
      'localhost',
    ]);
    expect(leaf(topology, 'black-box')?.dnsNames).toEqual([
      'black-box.monitoring.svc',
      'black-box.monitoring.svc.cluster.local',
    ]);
  });

  test('a flow to itself is a probe from within the pod, which says localhost', () => {
    const topology = build(
      addFlow({ from: 'blackBox', to: 'blackBox', port: 'metrics', why: 'its probe' }),
    );

    expect(leaf(topology, 'black-box')?.dnsNames).toContain('localhost');
  });

  test('allows a client certificate only to those who open flows to components', () => {
    const topology = build();

    expect(leaf(topology, 'prometheus')?.usages).toEqual(['serverAuth', 'clientAuth']);
    expect(leaf(topology, 'black-box')?.usages).toEqual(['serverAuth']);
    expect(leaf(topology, 'technician')?.usages).toEqual(['clientAuth']);
  });

  test('restarts for a new CA exactly what does not read it again', () => {
    const topology = build();

    expect(leaf(topology, 'black-box')?.restartOnCaChange).toEqual(
      topology.component('blackBox').workloadRef,
    );
    expect(leaf(topology, 'prometheus')?.restartOnCaChange).toBeUndefined();
  });

  test('lifetimes come from the settings, in seconds', () => {
    const plan = buildTopology(
      parseSettings({
        certificates: { leafLifetime: '12h', rootLifetime: '10d', propagation: '90s' },
        cluster: { approveKubeletServing: false },
      }),
    ).plan;

    expect(plan).toMatchObject({
      leafLifetimeSeconds: 43_200,
      authority: { lifetimeSeconds: 864_000, propagationSeconds: 90 },
      approveKubeletServing: false,
    });
  });

  test('passwords are planned for Grafana and the sample-app, and only where there are these', () => {
    expect(build().plan.passwords).toEqual([]);
    expect(buildTopology(settings).plan.passwords).toEqual([
      {
        namespace: 'monitoring',
        secret: 'grafana-admin',
        key: 'password',
        length: 32,
        restart: { kind: 'Deployment', namespace: 'monitoring', name: 'grafana' },
      },
      // The sample-app reads its own again by itself.
      { namespace: 'web', secret: 'sample-app-user', key: 'password', length: 32 },
    ]);
  });
});

test('whatever the tables hold: every leaf has its usages, every Secret its one leaf', () => {
  const namespace = fc.constantFrom('vigil-system', 'monitoring', 'agents');
  const keys = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}[A-Z][a-z]{0,4}$/), {
    minLength: 2,
    maxLength: 8,
  });
  fc.assert(
    fc.property(keys, namespace, fc.nat(), (names, place, seed) => {
      const rows: Model = {
        components: Object.fromEntries(
          names.map((name) => [
            name,
            {
              namespace: place as 'agents',
              workload: 'Deployment' as const,
              ports: { web: 9000 },
              rereads: 'all' as const,
            },
          ]),
        ),
        outside: {},
        flows: names.map((to, index) => ({
          from: names[(index + 1 + (seed % names.length)) % names.length] ?? to,
          to,
          port: 'web',
          why: 'x',
        })),
      };
      const topology = buildTopology(settings, rows);
      const leaves = topology.plan.leaves.filter(({ component }) => component !== 'technician');
      expect(leaves).toHaveLength(names.length);
      expect(new Set(leaves.map((leaf) => `${leaf.namespace}/${leaf.secret}`)).size).toBe(
        names.length,
      );
      for (const leaf of leaves) {
        // Everyone is reached once and reaches one: server and client.
        expect(leaf.usages).toEqual(['serverAuth', 'clientAuth']);
        expect(leaf.uris).toHaveLength(1);
      }
      for (const component of topology.components) {
        expect(topology.clientsOf(component)).toHaveLength(1);
      }
    }),
    { numRuns: 50 },
  );
});
