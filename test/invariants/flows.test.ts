import { parse } from 'yaml';
import {
  isAnyone,
  isPerson,
  namespaces,
  type Component,
  type Endpoint,
  type Flow,
} from '../../constructs/topology';
import { allows, type NetworkPolicy, type Place } from '../support/network-policy';
import { fileOf, ofKind, stackOf, type Rendered, type Stack } from '../support/stack';

/**
 * The rendered manifests are read back, and what they allow is compared with the table of flows, in both directions:
 * everything in the table is possible, and nothing else is.
 */
const variants: Record<string, Stack> = {
  'default settings': stackOf(),
  'remote write, visitors with certificates, a cluster that shows little': stackOf({
    web: { clientCertificates: true },
    cluster: { apiServer: false, controlPlane: false, kubelets: false, coreDns: false },
    prometheus: {
      remoteWrite: [
        { name: 'archive', url: 'https://archive.example.com:8443/', cidrs: ['203.0.113.0/28'] },
      ],
    },
  }),
};

const STRANGER = 'stranger';

/** Addresses of the kind network for what lives on nodes, of the pod network for the rest. */
const NODE_ADDRESS = '172.18.0.2';
const RECEIVER_ADDRESS = '203.0.113.7';
const BEYOND = '198.51.100.1';

const onNodes = (end: Endpoint): boolean =>
  end.kind === 'component' ? end.hostNetwork === true : end.place.kind === 'nodes';

function placeOf(end: Endpoint, { objects, pods }: Stack, index: number): Place {
  if (onNodes(end)) return { ip: NODE_ADDRESS };
  const ip = `10.244.0.${index + 10}`;
  if (end.kind === 'component') {
    const labels = pods.find(({ name }) => name === end.name)?.labels ?? {};
    return podPlace(ip, end.namespace, labels, objects);
  }
  if (end.place.kind === 'pods') {
    return podPlace(ip, end.place.namespace, end.place.labels, objects);
  }
  return { ip: end.place.kind === 'internet' ? BEYOND : RECEIVER_ADDRESS };
}

function podPlace(
  ip: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  objects: readonly Rendered[],
): Place {
  const declared = ofKind(objects, 'Namespace').find(({ metadata }) => metadata.name === namespace);
  // The API server puts the name on every namespace as a label.
  const namespaceLabels = {
    ...declared?.metadata.labels,
    'kubernetes.io/metadata.name': namespace,
  };
  return { ip, pod: { namespace, namespaceLabels, labels } };
}

/** Everyone who could begin or end a connection, among them pods that are in no table. */
function placesOf(stack: Stack): Map<string, Place> {
  const { topology } = stack.context;
  const ends = [
    ...topology.components,
    ...topology.outside.filter((end) => !isPerson(end) && !isAnyone(end)),
  ];
  const known = ends.map((end, index): [string, Place] => [end.key, placeOf(end, stack, index)]);
  const strangers = ['monitoring', 'agents', 'vigil-system', 'default', 'kube-system'].map(
    (namespace, index): [string, Place] => [
      `${STRANGER} in ${namespace}`,
      podPlace(`10.244.9.${index}`, namespace, { app: STRANGER }, stack.objects),
    ],
  );
  return new Map([...known, ...strangers, ['the internet', { ip: BEYOND }]]);
}

interface Door {
  readonly number: number;
  readonly protocol: 'TCP' | 'UDP';
}

/** Every port of the topology, on both protocols, and two that no one listens on. */
function doorsOf({ context }: Stack): Door[] {
  const { components, outside } = context.topology;
  const numbers = new Set([...components, ...outside].flatMap(({ ports }) => Object.values(ports)));
  return [...numbers, 1, 65_535].flatMap((number) => [
    { number, protocol: 'TCP' as const },
    { number, protocol: 'UDP' as const },
  ]);
}

describe.each(Object.entries(variants))('NetworkPolicies with %s', (_, stack) => {
  const { topology } = stack.context;
  const policies = ofKind(stack.objects, 'NetworkPolicy') as unknown as NetworkPolicy[];
  const places = placesOf(stack);
  const ends = new Map([...topology.components, ...topology.outside].map((end) => [end.key, end]));

  /** What goes through another one does not need a way of its own. */
  const direct = topology.flows.filter(({ via, from }) => !via && !isPerson(from));

  /** What is open to everyone is so to whoever no policy of ours holds back. */
  const isOpenTo = (origin: Place, to: Endpoint | undefined, door: Door): boolean =>
    !Object.hasOwn(namespaces, origin.pod?.namespace ?? '') &&
    door.protocol === 'TCP' &&
    direct.some(
      (flow) => isAnyone(flow.from) && flow.to === to && flow.port.number === door.number,
    );

  /** All that lives on nodes has the nodes' addresses, and an address is all that a policy can name. */
  const same = (a: Endpoint, b: Endpoint | undefined): boolean =>
    a === b || (b !== undefined && onNodes(a) && onNodes(b));

  /** Who is anywhere on the internet may be at any public address. */
  const mayBeAt = (end: Endpoint, { ip }: Place): boolean =>
    end.kind === 'outside' &&
    end.place.kind === 'internet' &&
    [BEYOND, RECEIVER_ADDRESS].includes(ip);

  function inTable(from: Endpoint, to: Endpoint | undefined, target: Place, door: Door): boolean {
    return direct.some(
      (flow: Flow) =>
        same(flow.from, from) &&
        (same(flow.to, to) || mayBeAt(flow.to, target)) &&
        flow.port.number === door.number &&
        flow.port.protocols.includes(door.protocol),
    );
  }

  /** No policy of ours holds where neither end is a pod of ours. */
  const ours = (end: Endpoint | undefined): boolean => end?.kind === 'component' && !onNodes(end);

  const pairs = [...places.keys()].flatMap((from) =>
    [...places.keys()]
      .filter((to) => ours(ends.get(from)) || ours(ends.get(to)))
      .map((to) => [from, to] as const),
  );

  test.each(pairs)('%s → %s: as in the table, on every port', (from, to) => {
    const origin = places.get(from);
    const target = places.get(to);
    if (!origin || !target) throw new Error('unknown place');
    const fromEnd = ends.get(from);
    const doors = doorsOf(stack);

    const open = doors.filter(({ number, protocol }) =>
      allows(policies, { from: origin, to: target, port: number, protocol }),
    );
    const expected = doors.filter(
      (door) =>
        isOpenTo(origin, ends.get(to), door) ||
        (fromEnd && inTable(fromEnd, ends.get(to), target, door)),
    );

    expect(open).toEqual(expected);
  });

  test('every namespace of ours denies by default, in both directions', () => {
    const denied = policies.filter(
      ({ spec }) =>
        Object.keys(spec.podSelector).length === 0 &&
        spec.policyTypes?.join() === 'Ingress,Egress' &&
        !spec.ingress &&
        !spec.egress,
    );
    const namespaces = ofKind(stack.objects, 'Namespace').map(({ metadata }) => metadata.name);

    expect(denied.map(({ metadata }) => metadata.namespace).sort()).toEqual(namespaces.sort());
  });

  test('a receiver is reached at its own networks only', () => {
    const receiver = topology.outside.find(({ place }) => place.kind === 'networks');
    const prometheus = places.get('prometheus');
    if (!receiver || !prometheus) return;
    const port = receiver.ports.https ?? 0;
    const reaches = (ip: string): boolean =>
      allows(policies, { from: prometheus, to: { ip }, port, protocol: 'TCP' });

    expect(reaches(RECEIVER_ADDRESS)).toBe(true);
    expect(reaches('203.0.113.16')).toBe(false);
  });
});

describe.each(Object.entries(variants))('allow-lists with %s', (_, stack) => {
  const { topology } = stack.context;

  /** Of a page, the gate in question is the exporter's; the server itself is tried in test/constructs/web. */
  const isGated = ({ namespace }: Component, port: string): boolean =>
    namespace !== 'web' || port === 'metrics';

  const clients = (component: Component, scrapesOnly = false): Endpoint[] =>
    topology.flows
      .filter(
        ({ to, port, scrape }) =>
          to === component && isGated(component, port.name) && (scrape ?? !scrapesOnly),
      )
      .map(({ from }) => from);

  const spiffeIds = (component: Component, scrapesOnly = false): string[] =>
    [...new Set(clients(component, scrapesOnly).map((from) => identity(from).spiffeId))].sort();

  const commonNames = (component: Component, scrapesOnly = false): string[] =>
    [...new Set(clients(component, scrapesOnly).map((from) => identity(from).commonName))].sort();

  /** Spelled out again from the conventions, not taken from the code under test. */
  function identity(end: Endpoint): { spiffeId: string; commonName: string } {
    if (end.kind === 'component') {
      return {
        spiffeId: `spiffe://vigil/ns/${end.namespace}/sa/${end.name}`,
        commonName: `${end.name}.${end.namespace}.svc`,
      };
    }
    if (!isPerson(end)) throw new Error(`${end.key} holds no certificate`);
    return { spiffeId: `spiffe://vigil/person/${end.name}`, commonName: end.name };
  }

  const has = (component: Component, suffix: string): boolean =>
    stack.objects.some(
      ({ kind, metadata }) =>
        kind === 'ConfigMap' &&
        metadata.name === `${component.name}-${suffix}` &&
        metadata.namespace === component.namespace,
    );

  const prober = topology.component('blackboxExporter').commonName;
  const web = topology.components.filter((component) => has(component, 'web'));
  const proxied = topology.components.filter((component) => has(component, 'proxy'));
  const others = topology.components.filter(
    (component) => !web.includes(component) && !proxied.includes(component),
  );

  test('every component has exactly one kind of gate', () => {
    expect([...web, ...proxied, ...others].map(({ name }) => name).sort()).toEqual(
      topology.components.map(({ name }) => name).sort(),
    );
    expect(others.map(({ name }) => name)).toEqual([
      'certificate-controller',
      'alert-router',
      'sample-app',
    ]);
  });

  test.each(web.map((component) => [component.name, component] as const))(
    '%s: client_allowed_sans are its clients',
    (name, component) => {
      const { tls_server_config: tls } = parse(
        fileOf(stack.objects, `${component.namespace}/${name}-web`, 'web.yml'),
      ) as { tls_server_config: Record<string, unknown> };

      expect(tls).toMatchObject({
        client_auth_type: 'RequireAndVerifyClientCert',
        min_version: 'TLS12',
        client_ca_file: '/etc/vigil/tls/ca.crt',
      });
      expect([...(tls.client_allowed_sans as string[])].sort()).toEqual(spiffeIds(component));
    },
  );

  test.each(proxied.map((component) => [component.name, component] as const))(
    '%s: the maps of nginx are its clients',
    (name, component) => {
      const conf = fileOf(stack.objects, `${component.namespace}/${name}-proxy`, 'nginx.conf');
      const maps = subjectMaps(conf);
      const ports = Object.values(component.ports);

      expect(conf).not.toMatch(/ssl_verify_client (optional_no_ca|off)/);
      if (component.login) {
        expect(maps).toEqual(
          Object.fromEntries(
            ports.map((port) => [`$restricted_${port}_0`, commonNames(component, true)]),
          ),
        );
        expect(conf).toMatch(
          /location = \/metrics {\n\s+if \(\$restricted_\d+_0 = 0\) { return 403; }/,
        );
      } else {
        const clients = commonNames(component);
        const admitted = [...new Set(Object.values(maps).flat())];
        expect(Object.keys(maps)).toEqual(
          expect.arrayContaining(ports.map((port) => `$allowed_${port}`)),
        );
        expect(admitted.filter((name) => !clients.includes(name))).toEqual([]);
        // Who only looks at the certificate need not be let further than that.
        expect([[], [prober]]).toContainEqual(clients.filter((name) => !admitted.includes(name)));
        expect(conf).toContain('ssl_verify_client on;');
        expect(conf).not.toContain('ssl_verify_client optional;');
        // No location without the question, but for the ways out, which are on loopback.
        const [inward = ''] = conf.split(/server {\n\s+listen 127\.0\.0\.1:/);
        expect(
          inward.match(
            /location [^{]+{\n\s+if \(\$(allowed_\d+|restricted_\d+_\d+) = 0\) { return 403; }/g,
          ),
        ).toHaveLength((inward.match(/location /g) ?? []).length);
      }
    },
  );

  test('certificate-controller: its environment names its clients', () => {
    const component = topology.component('certificateController');
    const container = stack.pods.find(({ name }) => name === component.name)?.containers[0];
    const value = container?.env?.find(({ name }) => name === 'VIGIL_METRICS_CLIENTS')?.value ?? '';

    expect(value.split(',').sort()).toEqual(spiffeIds(component));
  });

  test('sample-app: its environment names its clients', () => {
    const component = topology.component('sampleApp');
    const container = stack.pods.find(({ name }) => name === component.name)?.containers[0];
    const listOf = (variable: string): string[] | undefined =>
      container?.env
        ?.find(({ name }) => name === variable)
        ?.value?.split(',')
        .sort();
    const visitors = topology.flows.filter(
      ({ to, port, from }) => to === component && port.name === 'web' && !isAnyone(from),
    );

    expect(listOf('METRICS_CLIENTS')).toEqual(spiffeIds(component));
    expect(listOf('PUBLIC_CLIENTS')).toEqual(
      component.open?.web ? undefined : visitors.map(({ from }) => identity(from).spiffeId).sort(),
    );
  });

  test('alert-router: its configuration names its clients, each with what it may ask', () => {
    const component = topology.component('alertRouter');
    const { clients } = JSON.parse(
      fileOf(stack.objects, 'monitoring/alert-router-config', 'router.json'),
    ) as { clients: Record<string, string[]> };
    const idOf = (key: string): string =>
      [...topology.components, ...topology.outside]
        .filter((end) => end.key === key)
        .map((end) => identity(end).spiffeId)
        .join();

    expect(clients).toEqual({
      webhook: [idOf('alertmanager')],
      metrics: [idOf('prometheus')],
      people: [idOf('technician')],
    });
    // The blackbox exporter sees the certificate in the handshake, and has nothing to ask.
    expect([...Object.values(clients).flat(), idOf('blackboxExporter')].sort()).toEqual(
      spiffeIds(component),
    );
  });
});

/** Common names by variable, of the maps over the client's subject. */
function subjectMaps(conf: string): Record<string, string[]> {
  const maps = conf.matchAll(/map \$ssl_client_s_dn (\$\w+) {\n([^}]*)}/g);
  return Object.fromEntries(
    [...maps].map(([, variable = '', body = '']) => {
      expect(body).toContain('default 0;');
      const names = [...body.matchAll(/"CN=([^"]+)" 1;/g)].map(([, name = '']) => name);
      // Nothing else opens: as many lines as names, and the default.
      expect(body.trim().split('\n')).toHaveLength(names.length + 1);
      return [variable, names.sort()];
    }),
  );
}

interface Job {
  readonly job_name: string;
  readonly scheme: string;
  readonly metrics_path: string;
  readonly tls_config: Readonly<Record<string, string>>;
  readonly authorization?: { readonly credentials_file: string };
  readonly static_configs?: readonly object[];
  readonly kubernetes_sd_configs?: readonly {
    readonly role: string;
    readonly namespaces?: { readonly names: readonly string[] };
  }[];
  readonly relabel_configs: readonly {
    readonly source_labels?: readonly string[];
    readonly regex?: string;
    readonly target_label?: string;
    readonly replacement?: string;
    readonly action?: string;
  }[];
}

describe.each(Object.entries(variants))('scrape jobs with %s', (_, stack) => {
  const { topology } = stack.context;
  const { scrape_configs: configs } = parse(
    fileOf(stack.objects, 'monitoring/prometheus-config', 'prometheus.yml'),
  ) as { scrape_configs: Job[] };
  const probes = ['certificate-expiry', 'web-page'];
  const jobs = configs.filter(({ job_name: name }) => !probes.includes(name));

  const kept = (job: Job, label: string): string | undefined =>
    job.relabel_configs.find(
      ({ action, source_labels: labels }) => action === 'keep' && labels?.join() === label,
    )?.regex;

  /** Whom a job of ours finds, and on which port: `<namespace>/<name>:<port>`. */
  const componentTarget = (job: Job): string =>
    `${kept(job, '__meta_kubernetes_namespace')}/` +
    `${kept(job, '__meta_kubernetes_pod_label_app_kubernetes_io_name')}:` +
    `${kept(job, '__meta_kubernetes_pod_container_port_number')}`;

  const ofComponents = jobs.filter(({ tls_config: tls }) => tls.cert_file);
  const ofCluster = jobs.filter(({ tls_config: tls }) => !tls.cert_file);
  const scrapes = topology.flows.filter(({ scrape }) => scrape);

  test('components: each scrape of the table has its job, and no job is without one', () => {
    const expected = scrapes.flatMap(({ to, port }) =>
      to.kind === 'component' ? [`${to.namespace}/${to.name}:${port.number}`] : [],
    );

    expect(ofComponents.map(componentTarget).sort()).toEqual(expected.sort());
  });

  test.each(ofComponents.map((job) => [job.job_name, job] as const))(
    '%s shows our certificate, and accepts none but the name of its target',
    (_name, job) => {
      const [namespace, name] = componentTarget(job).split(':')[0]?.split('/') ?? [];

      expect(job.scheme).toBe('https');
      expect(job.authorization).toBeUndefined();
      expect(job.tls_config).toEqual({
        ca_file: '/etc/vigil/tls/ca.crt',
        cert_file: '/etc/vigil/tls/tls.crt',
        key_file: '/etc/vigil/tls/tls.key',
        server_name: `${name}.${namespace}.svc`,
      });
    },
  );

  test('the port of every job is one that its pods declare, or it would find nothing', () => {
    const declared = stack.pods.flatMap(({ id, containers }) =>
      containers.flatMap(({ ports = [] }) =>
        ports.map(({ containerPort }) => `${id}:${containerPort}`),
      ),
    );

    expect(declared).toEqual(expect.arrayContaining(ofComponents.map(componentTarget)));
  });

  test('the cluster: each scrape of the table has its job, over TLS with token and the cluster’s CA', () => {
    const expected = scrapes.filter(({ to }) => to.kind === 'outside').map(({ to }) => to.name);

    expect(ofCluster.map(({ job_name: name }) => name).sort()).toEqual(expected.sort());
    for (const job of ofCluster) {
      expect(job.scheme).toBe('https');
      expect(job.tls_config.ca_file).toBe('/var/run/secrets/kubernetes.io/serviceaccount/ca.crt');
      expect(job.authorization?.credentials_file).toBe(
        '/var/run/secrets/kubernetes.io/serviceaccount/token',
      );
    }
  });

  test('the cluster: each job goes to the port of its flow', () => {
    for (const { to, port, via } of scrapes.filter((flow) => flow.to.kind === 'outside')) {
      const job = ofCluster.find(({ job_name: name }) => name === to.name);
      const replacements = job?.relabel_configs.flatMap(({ replacement = '' }) => replacement);
      expect(replacements).toContainEqual(
        via
          ? expect.stringMatching(new RegExp(`/pods/\\$2:${port.number}/proxy/metrics$`))
          : `$1:${port.number}`,
      );
    }
  });

  test('certificate expiry: probed are exactly the ends of the prober’s flows', () => {
    const job = configs.find(({ job_name: name }) => name === 'certificate-expiry');
    const probed = job?.relabel_configs[0]?.regex?.split('|') ?? [];
    const flows = topology.flows.filter(
      ({ from, to }) => from.key === 'blackboxExporter' && to.kind === 'component',
    );
    const { modules } = parse(
      fileOf(stack.objects, 'monitoring/blackbox-config', 'blackbox.yml'),
    ) as { modules: Record<string, { tcp?: { tls_config: { server_name: string } } }> };

    expect(probed.sort()).toEqual(flows.map(({ to, port }) => `${to.name};${port.number}`).sort());
    expect(
      Object.entries(modules).flatMap(([name, { tcp }]) =>
        tcp ? [[name, tcp.tls_config.server_name]] : [],
      ),
    ).toEqual(
      topology.components.map(({ name, namespace }) => [`tls-${name}`, `${name}.${namespace}.svc`]),
    );
    // Every port of ours that serves TLS is looked at.
    expect(probed.sort()).toEqual(
      topology.components
        .flatMap(({ name, ports, open }) =>
          Object.entries(ports).flatMap(([port, number]) =>
            open?.[port] === 'redirect' ? [] : [`${name};${number}`],
          ),
        )
        .sort(),
    );
  });

  test('web pages: each is asked for by its name, from outside of its pod', () => {
    const job = configs.find(({ job_name: name }) => name === 'web-page');

    expect(job?.static_configs).toEqual(
      ['apache', 'nginx', 'sample-app'].map((component) => ({
        targets: [`https://${component}.web.svc/`],
        labels: { component, namespace: 'web' },
      })),
    );
    expect(job?.tls_config).toMatchObject({ server_name: 'blackbox-exporter.monitoring.svc' });
    expect(job?.relabel_configs.at(-1)).toEqual({
      target_label: '__address__',
      replacement: 'blackbox-exporter.monitoring.svc:9115',
    });
  });
});

test('discovery looks only where Prometheus may read', () => {
  const { objects } = variants['default settings'] ?? stackOf();
  const { scrape_configs: configs } = parse(
    fileOf(objects, 'monitoring/prometheus-config', 'prometheus.yml'),
  ) as { scrape_configs: Job[] };
  const roles = ofKind(objects, 'Role')
    .filter(({ metadata }) => metadata.name === 'prometheus')
    .map(({ metadata }) => metadata.namespace);

  const looked = configs.flatMap(({ kubernetes_sd_configs: discoveries = [] }) =>
    discoveries.flatMap(({ role, namespaces }) =>
      role === 'pod' ? (namespaces?.names ?? ['*']) : [],
    ),
  );

  expect([...new Set(looked)].sort()).toEqual(roles.sort());
});
