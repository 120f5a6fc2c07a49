import { toYaml } from '../../constructs/kubernetes';
import { find, idOf, ofKind, stackOf, type Rendered } from '../support/stack';
import { expectOnlyExceptions } from './exceptions';

const { objects, pods, context } = stackOf();
const containers = pods.flatMap((pod) =>
  pod.containers.map((container) => ({ id: `${pod.id}/${container.name}`, pod, container })),
);
const ids = objects.map(idOf);

describe('every object', () => {
  test('has a name of its own', () => {
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test.each(objects.map((object) => [idOf(object), object] as const))(
    '%s says that it is ours',
    (_, object) => {
      expect(object.metadata.labels).toMatchObject({ 'app.kubernetes.io/part-of': 'vigil' });
      expect(object.metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    },
  );

  test('lives in a namespace of ours, or grants Prometheus its way to the cluster’s own parts', () => {
    const ours = ofKind(objects, 'Namespace').map(({ metadata }) => metadata.name);
    const elsewhere = objects.filter(
      ({ metadata }) => metadata.namespace && !ours.includes(metadata.namespace),
    );

    expect(elsewhere.map(idOf)).toEqual([
      'Role kube-system/prometheus',
      'RoleBinding kube-system/prometheus',
    ]);
  });

  test('has a namespace, unless its kind has none', () => {
    const clusterWide = [
      'Namespace',
      'ClusterRole',
      'ClusterRoleBinding',
      'ValidatingAdmissionPolicy',
      'ValidatingAdmissionPolicyBinding',
    ];

    expect(objects.filter(({ metadata }) => !metadata.namespace).map(idOf)).toEqual(
      objects.filter(({ kind }) => clusterWide.includes(kind)).map(idOf),
    );
  });

  test('comes after the namespace that it lives in', () => {
    for (const [index, { metadata }] of objects.entries()) {
      const { namespace = 'kube-system' } = metadata;
      if (namespace !== 'kube-system') {
        expect(ids.indexOf(`Namespace ${namespace}`)).toBeLessThan(index);
      }
    }
  });
});

describe('pods', () => {
  test.each(pods.map((pod) => [pod.id, pod] as const))(
    '%s: are selected by their workload',
    (_, pod) => {
      expect(pod.labels).toEqual({
        'app.kubernetes.io/name': pod.name,
        'app.kubernetes.io/part-of': 'vigil',
      });
      expect(pod.labels).toMatchObject(pod.matchLabels);
      expect(Object.keys(pod.matchLabels).length).toBeGreaterThan(0);
    },
  );

  test('no selector selects the pods of another workload', () => {
    for (const { id, matchLabels, namespace } of pods) {
      const selected = pods.filter(
        (pod) =>
          pod.namespace === namespace &&
          Object.entries(matchLabels).every(([key, value]) => pod.labels[key] === value),
      );
      expect(selected.map((pod) => pod.id)).toEqual([id]);
    }
  });

  test('exist for each component of the topology, of its kind and in its namespace', () => {
    expect(pods.map(({ id, kind }) => `${kind} ${id}`).sort()).toEqual(
      context.topology.components
        .map(({ namespace, name, workload }) => `${workload} ${namespace}/${name}`)
        .sort(),
    );
  });

  test('declare exactly the ports of their component', () => {
    for (const component of context.topology.components) {
      const pod = pods.find(({ name }) => name === component.name);
      const ports = pod?.containers.flatMap(({ ports: declared = [] }) => declared) ?? [];
      expect([
        component.name,
        Object.fromEntries(ports.map(({ name, containerPort }) => [name, containerPort])),
      ]).toEqual([component.name, component.ports]);
    }
  });

  test('have probes on every container', () => {
    expectOnlyExceptions(
      'probes',
      containers.flatMap(({ id, container }) => [
        ...(container.readinessProbe ? [] : [`${id}: readiness`]),
        ...(container.livenessProbe ? [] : [`${id}: liveness`]),
      ]),
    );
  });

  test.each(pods.map((pod) => [pod.id, pod] as const))(
    '%s: no environment of other Services',
    (_, { spec }) => {
      expect(spec.enableServiceLinks).toBe(false);
    },
  );
});

describe('references', () => {
  const volumesOf = (kind: 'ConfigMap' | 'Secret'): string[] =>
    pods.flatMap(({ namespace, volumes }) =>
      volumes.flatMap(({ configMap, secret, projected }) => {
        const names =
          kind === 'ConfigMap'
            ? [
                configMap?.name,
                ...(projected?.sources ?? []).map((source) => source.configMap?.name),
              ]
            : [
                secret?.secretName,
                ...(projected?.sources ?? []).map((source) => source.secret?.name),
              ];
        return names.flatMap((name) => (name ? [`${kind} ${namespace}/${name}`] : []));
      }),
    );

  test('every ConfigMap is mounted, and every one that is mounted exists', () => {
    expect([...new Set(volumesOf('ConfigMap'))].sort()).toEqual(
      ofKind(objects, 'ConfigMap').map(idOf).sort(),
    );
  });

  test('every Secret that is mounted exists', () => {
    expect(volumesOf('Secret').length).toBeGreaterThan(0);
    for (const id of volumesOf('Secret')) expect(ids).toContain(id);
  });

  test('every component mounts its own certificate, except the controller, which issues it', () => {
    const mounting = pods.filter(({ name, namespace }) =>
      volumesOf('Secret').includes(`Secret ${namespace}/${name}-tls`),
    );

    expect(pods.filter((pod) => !mounting.includes(pod)).map(({ name }) => name)).toEqual([
      'certificate-controller',
    ]);
  });

  test('every service account exists, and every one is used', () => {
    const used = pods.map(
      ({ namespace, spec }) => `ServiceAccount ${namespace}/${spec.serviceAccountName}`,
    );

    expect(ofKind(objects, 'ServiceAccount').map(idOf).sort()).toEqual(used.sort());
  });

  test('every mount has its volume, and every volume its mount', () => {
    for (const { id, volumes, claims, containers: own } of pods) {
      const mounted = own.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
      expect([id, [...new Set(mounted)].sort()]).toEqual([
        id,
        [...volumes.map(({ name }) => name), ...claims].sort(),
      ]);
    }
  });

  test('every binding binds a role and an account that exist', () => {
    const bindings = [...ofKind(objects, 'RoleBinding'), ...ofKind(objects, 'ClusterRoleBinding')];

    expect(bindings.length).toBeGreaterThan(0);
    for (const binding of bindings) {
      const { roleRef, subjects } = binding as Rendered & {
        roleRef: { kind: string; name: string };
        subjects: { kind: string; namespace: string; name: string }[];
      };
      const namespace = roleRef.kind === 'Role' ? `${binding.metadata.namespace}/` : '';
      expect(ids).toContain(`${roleRef.kind} ${namespace}${roleRef.name}`);
      for (const { kind, namespace: home, name } of subjects) {
        expect(ids).toContain(`${kind} ${home}/${name}`);
      }
    }
  });

  test('every role is bound', () => {
    const bound = (kind: string): string[] =>
      ofKind(objects, `${kind}Binding`).map(
        (binding) =>
          `${binding.metadata.namespace ?? ''}/${(binding.roleRef as { name: string }).name}`,
      );
    for (const kind of ['Role', 'ClusterRole']) {
      const roles = ofKind(objects, kind).map(
        ({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`,
      );
      expect(roles.sort()).toEqual(bound(kind).sort());
    }
  });
});

describe('Services', () => {
  interface ServiceSpec {
    readonly type?: string;
    readonly selector: Record<string, string>;
    readonly ports: readonly {
      readonly name: string;
      readonly port: number;
      readonly targetPort: number;
    }[];
  }
  const services = ofKind(objects, 'Service').map((service) => ({
    id: idOf(service),
    metadata: service.metadata,
    spec: service.spec as unknown as ServiceSpec,
  }));

  test.each(services)('$id is reachable from within the cluster only', ({ spec }) => {
    expect([undefined, 'ClusterIP']).toContain(spec.type);
    expect(Object.keys(spec)).not.toEqual(
      expect.arrayContaining(['externalIPs', 'loadBalancerIP', 'externalName']),
    );
  });

  test.each(services)('$id leads to ports that its pods declare', ({ metadata, spec }) => {
    const selected = pods.filter(
      ({ namespace, labels }) =>
        namespace === metadata.namespace &&
        Object.entries(spec.selector).every(([key, value]) => labels[key] === value),
    );
    const declared = selected.flatMap((pod) =>
      pod.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort)),
    );

    expect(selected.map(({ name }) => name)).toEqual([metadata.name]);
    expect(spec.ports.map(({ targetPort }) => targetPort).sort()).toEqual(declared.sort());
    for (const { name, port, targetPort } of spec.ports) {
      const visited = metadata.namespace === 'web' ? { web: 443, redirect: 80 }[name] : undefined;
      expect(port).toBe(visited ?? targetPort);
    }
  });

  test('exist for every Deployment and StatefulSet', () => {
    const expected = pods
      .filter(({ kind }) => kind !== 'DaemonSet')
      .map(({ id }) => `Service ${id}`);

    expect(services.map(({ id }) => id).sort()).toEqual(expected.sort());
    for (const { metadata, spec } of ofKind(objects, 'StatefulSet')) {
      expect(spec?.serviceName).toBe(metadata.name);
    }
  });
});

describe('sizes', () => {
  test.each(ofKind(objects, 'ConfigMap').map((map) => [idOf(map), map] as const))(
    '%s fits in etcd (1 MiB)',
    (_, map) => {
      expect(Buffer.byteLength(Object.values(map.data ?? {}).join(''))).toBeLessThan(1024 * 1024);
    },
  );

  test.each(containers)(
    '$id has requests of CPU and memory, and a limit of memory above',
    ({ container }) => {
      const { requests, limits } = container.resources ?? {};

      expect(requests).toMatchObject({ cpu: expect.stringMatching(/^\d+m?$/) as string });
      expect(mebibytes(requests?.memory)).toBeGreaterThan(0);
      expect(mebibytes(limits?.memory)).toBeGreaterThan(mebibytes(requests?.memory));
    },
  );

  test('all requests of memory together, on three nodes, are 1.2 GiB at most', () => {
    const sum = pods
      .map(({ kind, containers: own }) => {
        const pod = own.reduce(
          (total, { resources }) => total + mebibytes(resources?.requests?.memory),
          0,
        );
        return kind === 'DaemonSet' ? 3 * pod : pod;
      })
      .reduce((total, pod) => total + pod, 0);

    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThanOrEqual(1.2 * 1024);
  });

  test('every directory in memory has an upper bound', () => {
    for (const { volumes } of pods) {
      for (const { name, emptyDir } of volumes.filter((volume) => volume.emptyDir)) {
        expect([name, emptyDir?.sizeLimit]).toEqual([name, expect.stringMatching(/^\d+Mi$/)]);
      }
    }
  });
});

function mebibytes(quantity: unknown): number {
  const [, amount, unit] = /^(\d+)(Mi|Gi)$/.exec(String(quantity)) ?? [];
  return Number(amount ?? Number.NaN) * (unit === 'Gi' ? 1024 : 1);
}

test('two runs give the same bytes', () => {
  const text = (): string => stackOf().objects.map(toYaml).join('---\n');

  expect(text()).toBe(text());
});

test('the same settings in another order give the same bytes', () => {
  const one = stackOf({ cluster: { nodes: 3, name: 'vigil' }, images: {} });
  const other = stackOf({ images: {}, cluster: { name: 'vigil', nodes: 3 } });

  expect(one.objects.map(toYaml)).toEqual(other.objects.map(toYaml));
});

test('find tells what is there when something is not', () => {
  expect(() => find(objects, 'Service monitoring/nowhere')).toThrow(
    'no Service monitoring/nowhere',
  );
});
