import { chartOf, fileOf, find, onlyPods } from '../../support/stack';

const PAGES = ['apache', 'nginx', 'sample-app'] as const;

const environmentOf = (config = {}): Record<string, string | undefined> =>
  Object.fromEntries(
    (onlyPods(chartOf('sample-app', config)).containers[0]?.env ?? []).map(({ name, value }) => [
      name,
      value,
    ]),
  );

describe.each(PAGES)('%s', (name) => {
  test('its objects', () => {
    const { text } = chartOf(name);
    // The games have tests of their own.
    expect(
      text.replaceAll(
        /^( {2}(?:app\.js|index\.html|style\.css|icon\.svg): ).*\n(?: {4}.*\n|\n)*/gm,
        '$1…\n',
      ),
    ).toMatchSnapshot();
  });

  test('browsers find it where they look, and its exporter on its own port', () => {
    const { ports } = find(chartOf(name).objects, `Service web/${name}`).spec as {
      ports: { name: string; port: number; targetPort: number }[];
    };
    expect(ports.map((one) => [one.name, one.port, one.targetPort])).toEqual([
      ['web', 443, 8443],
      ['redirect', 80, 8080],
      ['metrics', expect.any(Number), expect.any(Number)],
    ]);
  });

  test.each(['NodePort', 'LoadBalancer'] as const)(
    'web.service: %s tells the logs who visits',
    (service) => {
      const { objects } = chartOf(name, { web: { service } });
      expect(find(objects, `Service web/${name}`).spec).toMatchObject({
        type: service,
        externalTrafficPolicy: 'Local',
      });
    },
  );

  test('kubelet asks for the page, and only opens the port where visitors need a certificate', () => {
    const probesOf = (config = {}) => onlyPods(chartOf(name, config)).containers[0];
    const closed = probesOf({ web: { clientCertificates: true } });

    expect(probesOf()?.readinessProbe?.httpGet).toMatchObject({ port: 8443, scheme: 'HTTPS' });
    expect(closed?.readinessProbe?.httpGet).toBeUndefined();
    expect(closed?.readinessProbe?.tcpSocket).toEqual({ port: 8443 });
  });

  test('its certificate is for the names of the settings, too', () => {
    const key = name === 'sample-app' ? 'sampleApp' : name;
    const { objects } = chartOf('certificate-controller', {
      web: { hosts: { [key]: ['games.example.com'] } },
    });
    const { leaves } = JSON.parse(
      fileOf(objects, 'vigil-system/certificate-plan', 'plan.json'),
    ) as { leaves: { component: string; dnsNames: string[] }[] };
    expect(leaves.find(({ component }) => component === name)?.dnsNames).toEqual([
      `${name}.web.svc`,
      `${name}.web.svc.cluster.local`,
      'localhost',
      'games.example.com',
    ]);
  });
});

test.each([
  ['apache', 'httpd.conf', 'ServerAlias games.example.com'],
  ['nginx', 'nginx.conf', 'localhost games.example.com;'],
] as const)('%s redirects to the names of the settings', (name, file, line) => {
  const { objects } = chartOf(name, { web: { hosts: { [name]: ['games.example.com'] } } });
  expect(fileOf(objects, `web/${name}-config`, file)).toContain(line);
});

test('nginx reads its leaf at each handshake, and needs no watcher but for the authority of visitors', () => {
  const commandOf = (config = {}) => onlyPods(chartOf('nginx', config)).containers[0]?.command;
  expect(commandOf()).toEqual(['nginx']);
  expect(commandOf({ web: { clientCertificates: true } })?.[1]).toMatch(/serve\.sh$/);
});

describe('the sample-app', () => {
  test('knows who may scrape it, and where its password is', () => {
    expect(environmentOf()).toMatchObject({
      USER_NAME: 'demo',
      PASSWORD_FILE: '/etc/vigil/user/password',
      HTTPS_PORT: '443',
    });
    expect(environmentOf().METRICS_CLIENTS?.split(',')).toContain(
      'spiffe://vigil/ns/monitoring/sa/prometheus',
    );
    expect(environmentOf()).not.toHaveProperty('PUBLIC_CLIENTS');
  });

  test('and who may visit, where that is not everyone', () => {
    const { PUBLIC_CLIENTS: visitors } = environmentOf({ web: { clientCertificates: true } });
    expect(visitors?.split(',').sort()).toEqual([
      'spiffe://vigil/ns/monitoring/sa/blackbox-exporter',
      'spiffe://vigil/person/technician',
    ]);
  });
});
