import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { toYaml } from '../../../constructs/kubernetes';
import { lokiConfig } from '../../../constructs/loki/config';
import { parseSettings } from '../../../constructs/settings';
import { describeWithLoki, type LokiResult, type LokiServer } from '../../support/loki-server';
import { describeWith } from '../../support/tools';

const MINUTE_MS = 60_000;
const labels = { job: 'container', app: 'shop' };

const linesOf = (results: readonly LokiResult[]): string[] =>
  results.flatMap(({ values = [] }) => values.map(([, line]) => line));

const rangeUntilNow = (minutes: number) => ({
  start: new Date(Date.now() - minutes * MINUTE_MS),
  end: new Date(Date.now() + MINUTE_MS),
});

describeWith('loki', 'loki', (bench) => {
  test.each(['7d', '1d', '52w'])('-verify-config, with a retention of %s', (retention) => {
    const config = lokiConfig(parseSettings({ loki: { retention } }), {
      httpPort: 3101,
      grpcPort: 9095,
      data: '/loki',
      rules: '/etc/loki/rules',
      alertmanager: 'http://127.0.0.1:9093',
    });
    const { run } = bench(() => ({ 'loki.yml': toYaml(config) }));

    const { code, output } = run('-verify-config', '-config.file=loki.yml');

    expect(output).toBe('');
    expect(code).toBe(0);
  });
});

describeWithLoki('a real Loki with our configuration', (startLoki) => {
  let loki: LokiServer;

  beforeAll(async () => {
    loki = await startLoki({
      rules: {
        'errors.yml': toYaml({
          groups: [
            {
              name: 'errors',
              rules: [{ alert: 'AnyLine', expr: 'count_over_time({app="ruled"}[1m]) > 0' }],
            },
          ],
        }),
      },
    });
  }, 60_000);

  // As it understands them: what it does not know of our file it would refuse, and what we do not say it would add.
  test('has the bounds that are promised, and reports to nobody', async () => {
    const config = parse(await (await fetch(`${loki.url}/config`)).text()) as object;

    expect(config).toMatchObject({
      limits_config: {
        retention_period: '1w',
        max_query_lookback: '1w',
        reject_old_samples: true,
        reject_old_samples_max_age: '1w',
        ingestion_rate_mb: 16,
        ingestion_burst_size_mb: 32,
        per_stream_rate_limit: '8MB',
        per_stream_rate_limit_burst: '16MB',
        max_global_streams_per_user: 5000,
        max_label_names_per_series: 10,
        max_line_size: '64KB',
        max_line_size_truncate: true,
        query_timeout: '1m',
      },
      compactor: { retention_enabled: true, delete_request_store: 'filesystem' },
      analytics: { reporting_enabled: false },
      tracing: { enabled: false },
      server: { http_listen_address: '127.0.0.1', grpc_listen_address: '127.0.0.1' },
    });
  });

  test('keeps labels and metadata as they come, and adds none', async () => {
    await loki.push([
      { labels, lines: [{ line: 'level=error it broke', metadata: { pod: 'shop-1' } }] },
    ]);

    const results = await loki.queryRange('{app="shop"} | pod="shop-1"', rangeUntilNow(5));

    expect(results).toHaveLength(1);
    expect(results[0]?.stream).toEqual({ ...labels, pod: 'shop-1' });
    expect(linesOf(results)).toEqual(['level=error it broke']);
  });

  test('takes lines in any order within an hour, and the same line once', async () => {
    const at = (minutes: number) => new Date(Date.now() - minutes * MINUTE_MS);
    const early = { line: 'early', at: at(55) };
    await loki.push([{ labels: { app: 'order' }, lines: [{ line: 'late', at: at(0) }] }]);
    await loki.push([{ labels: { app: 'order' }, lines: [early] }]);
    await loki.push([{ labels: { app: 'order' }, lines: [early] }]);

    const results = await loki.queryRange('{app="order"}', rangeUntilNow(60));

    expect(linesOf(results).sort()).toEqual(['early', 'late']);
  });

  test('takes the same line once, also when the first is on the disk already', async () => {
    const again = [{ labels: { app: 'again' }, lines: [{ line: 'one', at: new Date() }] }];
    await loki.push(again);
    await loki.flush();
    await delay(1000);
    await loki.push(again);

    expect(linesOf(await loki.queryRange('{app="again"}', rangeUntilNow(5)))).toEqual(['one']);
    const [{ value: [, count] = [] } = {}] = await loki.query(
      'sum(count_over_time({app="again"}[5m]))',
    );
    expect(count).toBe('1');
  });

  test('refuses lines that are older than the retention', async () => {
    const old = new Date(Date.now() - 8 * 24 * 60 * MINUTE_MS);

    await expect(loki.push([{ labels, lines: [{ line: 'old', at: old }] }])).rejects.toThrow(
      /400 .*greater_than_max_sample_age|400 .*timestamp too old/,
    );
  });

  test('cuts a line at 64 KB', async () => {
    await loki.push([{ labels: { app: 'long' }, lines: [{ line: 'x'.repeat(100_000) }] }]);

    const results = await loki.queryRange('{app="long"}', rangeUntilNow(5));

    expect(linesOf(results)[0]).toHaveLength(65_536);
  });

  test('evaluates its rules', async () => {
    await loki.push([{ labels: { app: 'ruled' }, lines: [{ line: 'one' }] }]);
    const end = Date.now() + 40_000;
    let alerts: unknown[] = [];
    while (alerts.length === 0 && Date.now() < end) {
      await delay(500);
      const [group] = await loki.rules();
      expect(group).toMatchObject({ name: 'errors' });
      alerts = [...(group?.rules[0]?.alerts ?? [])];
    }

    expect(alerts).toMatchObject([{ state: 'firing', labels: { alertname: 'AnyLine' } }]);
  }, 60_000);

  test('has what it took in when it is killed', async () => {
    await loki.push([{ labels: { app: 'durable' }, lines: [{ line: 'kept' }] }]);

    loki = await loki.restart();

    expect(linesOf(await loki.queryRange('{app="durable"}', rangeUntilNow(5)))).toEqual(['kept']);
  }, 60_000);
});
