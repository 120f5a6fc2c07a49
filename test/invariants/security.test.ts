import { toYaml } from '../../constructs/kubernetes';
import { restrictedViolations, baselineViolations } from '../support/pod-security';
import { secretMaterial } from '../support/secret-material';
import { find, idOf, ofKind, stackOf } from '../support/stack';
import { expectOnlyExceptions } from './exceptions';

const { objects, pods } = stackOf({
  prometheus: {
    remoteWrite: [
      {
        name: 'archive',
        url: 'https://archive.example.com/',
        cidrs: ['203.0.113.0/24'],
        tokenSecret: 'archive-token',
      },
    ],
  },
});
const containers = pods.flatMap((pod) =>
  pod.containers.map((container) => ({ id: `${pod.id}/${container.name}`, pod, container })),
);

describe('Pod Security', () => {
  const levelOf = (namespace: string): string | undefined =>
    find(objects, `Namespace ${namespace}`).metadata.labels?.['pod-security.kubernetes.io/enforce'];

  test('every namespace enforces a level, and warns and audits by the same one', () => {
    for (const { metadata } of ofKind(objects, 'Namespace')) {
      const level = metadata.name === 'agents' ? 'privileged' : 'restricted';
      expect(metadata.labels).toMatchObject({
        'pod-security.kubernetes.io/enforce': level,
        'pod-security.kubernetes.io/warn': level,
        'pod-security.kubernetes.io/audit': level,
      });
    }
  });

  test.each(pods.map((pod) => [pod.id, pod] as const))(
    '%s is admitted to its namespace',
    (_, pod) => {
      expect(levelOf(pod.namespace) === 'restricted' ? restrictedViolations(pod.spec) : []).toEqual(
        [],
      );
    },
  );

  test('nothing deviates from restricted, even where the namespace lets it, but what has a reason', () => {
    expectOnlyExceptions(
      'Pod Security restricted',
      pods.flatMap(({ id, spec }) => restrictedViolations(spec).map((what) => `${id}: ${what}`)),
    );
  });

  test('a namespace is privileged only because a pod in it needs it', () => {
    const needed = pods.filter(({ spec }) => baselineViolations(spec).length > 0);
    const privileged = ofKind(objects, 'Namespace')
      .map(({ metadata }) => metadata.name)
      .filter((name) => levelOf(name) === 'privileged');

    expect([...new Set(needed.map(({ namespace }) => namespace))]).toEqual(privileged);
  });
});

describe('containers', () => {
  test('have a read-only root file system', () => {
    expectOnlyExceptions(
      'read-only root file system',
      containers
        .filter(({ container }) => container.securityContext?.readOnlyRootFilesystem !== true)
        .map(({ id }) => id),
    );
  });

  test('see the host read-only', () => {
    const hostVolumes = new Set(
      pods.flatMap(({ id, volumes }) =>
        volumes.filter(({ hostPath }) => hostPath).map(({ name }) => `${id}/${name}`),
      ),
    );
    expectOnlyExceptions(
      'writable host path',
      containers.flatMap(({ id, pod, container }) =>
        (container.volumeMounts ?? [])
          .filter(({ name, readOnly }) => hostVolumes.has(`${pod.id}/${name}`) && !readOnly)
          .map(({ name }) => `${id}: ${name}`),
      ),
    );
  });

  test.each(pods.map((pod) => [pod.id, pod] as const))(
    '%s: user and group are numbers',
    (_, { spec }) => {
      // An image whose USER is a name cannot be checked by kubelet for being root.
      expect(spec.securityContext?.runAsUser).toEqual(expect.any(Number));
      expect(spec.securityContext?.runAsGroup).toBe(spec.securityContext?.runAsUser);
      expect(spec.securityContext?.seccompProfile).toEqual({ type: 'RuntimeDefault' });
    },
  );

  test.each(containers)(
    '$id gets its image by a pinned tag and pulls it only once',
    ({ container }) => {
      expect(container.image).toMatch(
        /^[a-z0-9.-]+(:\d+)?\/.+(:(?!latest$)[\w][\w.-]+|@sha256:[0-9a-f]{64})$/,
      );
      expect(container.imagePullPolicy).toBe('IfNotPresent');
    },
  );
});

describe('the API token', () => {
  test('is mounted exactly by those who were granted something', () => {
    const granted = [
      ...ofKind(objects, 'RoleBinding'),
      ...ofKind(objects, 'ClusterRoleBinding'),
    ].flatMap(({ subjects }) =>
      (subjects as { namespace: string; name: string }[]).map(
        ({ namespace, name }) => `${namespace}/${name}`,
      ),
    );
    const mounting = pods
      .filter(({ spec }) => spec.automountServiceAccountToken !== false)
      .map(({ namespace, spec }) => `${namespace}/${spec.serviceAccountName}`);

    expect(mounting.sort()).toEqual([...new Set(granted)].sort());
  });

  test('is never mounted by the service account’s own default', () => {
    for (const account of ofKind(objects, 'ServiceAccount')) {
      expect(account.automountServiceAccountToken).toBe(false);
    }
  });

  test('every pod has a service account of its own', () => {
    const accounts = pods.map(({ namespace, spec }) => `${namespace}/${spec.serviceAccountName}`);

    expect(accounts).toEqual(pods.map(({ id }) => id));
  });
});

describe('secrets', () => {
  test('are applied empty', () => {
    const secrets = ofKind(objects, 'Secret');

    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) {
      expect(Object.keys(secret).sort()).toEqual(['apiVersion', 'kind', 'metadata', 'type']);
    }
  });

  test.each(objects.map((object) => [idOf(object), object] as const))(
    '%s holds none',
    (_, object) => {
      expect(secretMaterial(toYaml(object))).toEqual([]);
    },
  );

  test('never come as environment variables', () => {
    const references = containers.flatMap(({ container }) => [
      ...(container.env ?? []).filter(({ valueFrom }) => valueFrom?.secretKeyRef),
      ...(container.envFrom ?? []),
    ]);

    expect(references).toEqual([]);
  });

  test('are readable by their pod only', () => {
    const modes = pods.flatMap(({ id, volumes }) =>
      volumes.flatMap(({ name, secret, projected }) =>
        secret || projected?.sources?.some((source) => source.secret)
          ? [{ volume: `${id}/${name}`, mode: (secret ?? projected)?.defaultMode }]
          : [],
      ),
    );

    expect(modes.length).toBeGreaterThanOrEqual(pods.length - 1);
    for (const { volume, mode } of modes) expect([volume, mode]).toEqual([volume, 0o440]);
  });
});

test.each([
  /insecure_?skip_?verify/i,
  /--insecure/,
  /tlsSkipVerify/i,
  /ssl_verify_client\s+(off|optional_no_ca)/,
  /proxy_ssl_verify\s+off/,
  /nodes\/proxy/,
  /anonymous[-_]enabled: "?true/i,
  /TLSv1(\.1)?[ ;]/,
  /SSLv/,
])('%s appears nowhere', (pattern) => {
  expect(objects.filter((object) => pattern.test(toYaml(object))).map(idOf)).toEqual([]);
});

test('every connection to another pod or out of the cluster is over TLS', () => {
  const plain = objects.flatMap((object) =>
    // A namespace of XML is a name, and nothing that is opened.
    [...toYaml(object).matchAll(/http:\/\/(?!127\.0\.0\.1[:/]|www\.w3\.org\/)[^\s"']+/g)].map(
      ([url]) => `${idOf(object)}: ${url}`,
    ),
  );

  expect(plain).toEqual([]);
});
