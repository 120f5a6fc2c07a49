import { parse } from 'yaml';
import { alertmanagerConfig } from '../../constructs/alertmanager/config';
import { toYaml } from '../../constructs/kubernetes';
import { selfSigned } from '../../fakes/self-signed';
import { find, ofKind, stackOf, type Rendered } from '../support/stack';
import { describeWith, type Files } from '../support/tools';

/**
 * The programs that will read the generated configuration judge it: promtool, amtool, nginx and the blackbox exporter
 * themselves. Only paths are changed, to where the test has put the files.
 */
const variants = {
  'default settings': stackOf(),
  'everything set': stackOf({
    cluster: { apiServer: false, controlPlane: false, kubelets: false, coreDns: false },
    prometheus: {
      externalLabels: { cluster: 'lab' },
      remoteWrite: [
        {
          name: 'archive',
          url: 'https://archive.example.com/api/v1/write',
          cidrs: ['203.0.113.0/24'],
          tokenSecret: 'archive-token',
        },
      ],
    },
  }),
};

const { certificate, key } = selfSigned();
const tlsFiles: Files = {
  'tls/ca.crt': certificate,
  'tls/tls.crt': certificate,
  'tls/tls.key': key,
};
const atTls = (text: string, folder: string): string =>
  text.replaceAll('/etc/vigil/tls/', `${folder}/tls/`);

const filesOf = (objects: readonly Rendered[], name: string): Files =>
  find(objects, `ConfigMap monitoring/${name}`).data ?? {};

describe.each(Object.entries(variants))('%s', (_, { objects }) => {
  const webConfigs = ofKind(objects, 'ConfigMap').filter(({ data = {} }) => data['web.yml']);
  const proxies = ofKind(objects, 'ConfigMap').filter(({ data = {} }) => data['nginx.conf']);

  describeWith('promtool', 'promtool', (bench) => {
    const rules = filesOf(objects, 'prometheus-rules');
    const { run } = bench((folder) => ({
      ...tlsFiles,
      'account/token': 'token',
      'account/ca.crt': certificate,
      'tokens/archive/token': 'token',
      ...Object.fromEntries(Object.entries(rules).map(([name, text]) => [`rules/${name}`, text])),
      'prometheus.yml': atTls(filesOf(objects, 'prometheus-config')['prometheus.yml'] ?? '', folder)
        .replaceAll('/var/run/secrets/kubernetes.io/serviceaccount/', `${folder}/account/`)
        .replaceAll('/etc/prometheus/remote-write/', `${folder}/tokens/`)
        .replaceAll('/etc/prometheus/rules/', `${folder}/rules/`),
      ...Object.fromEntries(
        webConfigs.map(({ metadata, data = {} }) => [
          `${metadata.name}.yml`,
          atTls(data['web.yml'] ?? '', folder),
        ]),
      ),
    }));

    test('check config, with all files that it names', () => {
      const { code, output } = run(
        'check',
        'config',
        '--lint=all',
        '--lint-fatal',
        'prometheus.yml',
      );

      expect(output).toContain('SUCCESS: prometheus.yml is valid prometheus config file syntax');
      expect(output.match(/SUCCESS: \d+ rules found/g)).toHaveLength(Object.keys(rules).length);
      expect(code).toBe(0);
    });

    test.each(Object.keys(rules))('check rules %s', (file) => {
      const { code, output } = run('check', 'rules', '--lint=all', '--lint-fatal', `rules/${file}`);

      expect(output).toMatch(/SUCCESS: \d+ rules found/);
      expect(code).toBe(0);
    });

    test.each(webConfigs.map(({ metadata }) => metadata.name))('check web-config %s', (name) => {
      const { code, output } = run('check', 'web-config', `${name}.yml`);

      expect(output).toContain(`${name}.yml SUCCESS`);
      expect(code).toBe(0);
    });
  });

  describeWith('amtool', 'amtool', (bench) => {
    const { run } = bench(() => filesOf(objects, 'alertmanager-config'));

    test('check-config', () => {
      const { code, output } = run('check-config', 'alertmanager.yml');

      expect(output).toContain('SUCCESS');
      expect(output).toContain('2 receivers');
      expect(code).toBe(0);
    });
  });

  describeWith('blackbox', 'blackbox exporter', (bench) => {
    const { run } = bench((folder) => ({
      ...tlsFiles,
      'blackbox.yml': atTls(filesOf(objects, 'blackbox-config')['blackbox.yml'] ?? '', folder),
    }));

    test('--config.check', () => {
      const { code, output } = run('--config.check', '--config.file=blackbox.yml');

      expect(output).toMatch(/Config file is ok/i);
      expect(code).toBe(0);
    });
  });

  describeWith('nginx', 'nginx', (bench) => {
    test.each(proxies.map(({ metadata, data = {} }) => [metadata.name, data['nginx.conf'] ?? '']))(
      '-t %s',
      (_name, conf) => {
        const { run, folder } = bench((seen, scratch) => ({
          ...tlsFiles,
          'nginx.conf': atTls(conf, seen)
            .replaceAll('/tmp/', `${scratch}/`)
            .replaceAll('/run/vigil/', `${scratch}/`)
            // Names of Services are looked up at start, and the test has no cluster.
            .replaceAll(/proxy_pass https:\/\/[\w.-]+:/g, 'proxy_pass https://127.0.0.1:'),
        }));

        const { code, output } = run('-t', '-e', 'stderr', '-c', `${folder}/nginx.conf`);

        expect(output).toContain('test is successful');
        expect(output).not.toContain('[warn]');
        expect(code).toBe(0);
      },
    );
  });
});

describeWith('promtool', 'promtool is asked in earnest', (bench) => {
  test('a mistake is refused', () => {
    const { run } = bench(() => ({ 'prometheus.yml': toYaml({ scrape_config: [] }) }));

    expect(run('check', 'config', 'prometheus.yml')).toMatchObject({ code: 1 });
  });
});

test('what an Alertmanager reads is what was written', () => {
  const { objects, context } = variants['default settings'];
  const written = filesOf(objects, 'alertmanager-config');

  expect(parse(written['alertmanager.yml'] ?? '')).toEqual(
    alertmanagerConfig(context.settings, context.topology),
  );
});
