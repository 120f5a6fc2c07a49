import { X509Certificate } from 'node:crypto';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { toYaml } from '../../../../constructs/kubernetes';
import { selfSigned } from '../../../../fakes/self-signed';
import { describeWith } from '../../../support/tools';

/** What the rules for certificates take for granted of the blackbox exporter, which here probes itself. */
const own = selfSigned('127.0.0.1');
const foreign = selfSigned('127.0.0.1');

const trusting = (authority: string) => ({
  prober: 'tcp',
  timeout: '5s',
  tcp: { tls: true, tls_config: { ca_file: authority } },
});

describeWith('blackbox', 'a probe of the blackbox exporter', (bench) => {
  /** Its own port, as it sees it. */
  let port: string;
  let ask: (path: string) => Promise<string>;

  beforeAll(async () => {
    const { folder, serve } = bench((seen) => ({
      'own.crt': own.certificate,
      'own.key': own.key,
      'foreign.crt': foreign.certificate,
      'web.yml': toYaml({ tls_server_config: { cert_file: 'own.crt', key_file: 'own.key' } }),
      'blackbox.yml': toYaml({
        modules: { own: trusting(`${seen}/own.crt`), foreign: trusting(`${seen}/foreign.crt`) },
      }),
    }));
    const server = await serve(9115, (address) => {
      port = address.split(':').at(-1) ?? '';
      return [
        `--config.file=${folder}/blackbox.yml`,
        `--web.config.file=${folder}/web.yml`,
        `--web.listen-address=${address}`,
      ];
    });
    ask = (path) =>
      new Promise((resolve, reject) => {
        const url = `https://127.0.0.1:${server.port}/${path}`;
        https
          .get(url, { ca: own.certificate, agent: false }, (response) => {
            text(response).then(resolve, reject);
          })
          .on('error', reject);
      });
    for (let tries = 0; tries < 100; tries += 1) {
      if (await ask('-/healthy').catch(() => undefined)) return;
      await delay(100);
    }
  }, 60_000);

  /** The values of the metrics without labels. */
  const probe = async (module: string, target = port): Promise<Map<string, number>> => {
    const answer = await ask(`probe?module=${module}&target=127.0.0.1:${target}`);
    return new Map(
      [...answer.matchAll(/^(\w+) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]),
    );
  };

  test('of a certificate that verifies tells when it ends, to the second', async () => {
    const told = await probe('own');
    const end = new X509Certificate(own.certificate).validToDate.getTime() / 1000;

    expect(told.get('probe_success')).toBe(1);
    expect(told.get('probe_ssl_earliest_cert_expiry')).toBe(end);
  });

  test('of a certificate of someone else fails at once, and tells nothing about it', async () => {
    const told = await probe('foreign');

    expect(told.get('probe_success')).toBe(0);
    expect(told.get('probe_duration_seconds')).toBeLessThan(4);
    expect(told.has('probe_ssl_earliest_cert_expiry')).toBe(false);
  });

  test('of a port that no one listens on fails in the same way', async () => {
    const told = await probe('own', '9');

    expect(told.get('probe_success')).toBe(0);
    expect(told.get('probe_duration_seconds')).toBeLessThan(4);
  });
});
