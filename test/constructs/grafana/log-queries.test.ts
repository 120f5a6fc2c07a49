import { dataSourceIds } from '../../../constructs/grafana/data-sources';
import { LOG_JOBS } from '../../../constructs/loki/streams';
import { dashboardsOf, withVariables } from '../../support/dashboards';
import { describeWithLoki, type LokiServer } from '../../support/loki-server';

const queries = dashboardsOf().flatMap(([file, dashboard]) =>
  dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets
      .filter(({ datasource }) => datasource.uid === dataSourceIds.loki)
      .map((target) => ({
        name: `${file}: ${title} ${target.refId}`,
        title,
        ...target,
        expr: withVariables(target.expr, dashboard),
      })),
  ),
);
const metrics = queries.filter(({ expr }) => /_over_time\(/.test(expr));

test('there are queries of logs', () => {
  expect(metrics.length).toBeGreaterThan(10);
  expect(queries.length).toBeGreaterThan(metrics.length);
});

/** A day on the dashboard must not cost a query over a day at each of its steps. */
test.each(metrics)('$name reads no line twice', ({ expr, queryType }) => {
  const ranges = [...expr.matchAll(/\[([^\]]+)\]/g)].map(([, range]) => range);

  expect([...new Set(ranges)]).toEqual([queryType === 'instant' ? '$__range' : '$__interval']);
});

/** Loki refuses more than 500 series, and addresses and paths are chosen by strangers. */
test.each(metrics.filter(({ queryType }) => queryType === 'instant'))(
  '$name answers with a few rows',
  ({ expr }) => {
    expect(expr).toMatch(/^topk\(10, |^sum ?\(.+\) or vector\(0\)$/);
  },
);

describeWithLoki('Loki', (startLoki) => {
  let loki: LokiServer;
  beforeAll(async () => {
    loki = await startLoki();
    const labels = { job: LOG_JOBS.access, app: 'nginx', namespace: 'web' };
    const lines = Array.from({ length: 1000 }, (_, index) => ({
      line: '{}',
      metadata: {
        path: `/${index}`,
        client: `10.0.${index >> 8}.${index & 255}`,
        user_agent: 'scanner',
        // Slow ones were found: a path that is not there says nothing about a server.
        status: index % 2 ? '404' : '200',
        duration_ms: `${index}`,
      },
    }));
    await loki.push([{ labels, lines }]);
  }, 60_000);

  const formatted = async (expr: string): Promise<number> => {
    const filled = expr.replaceAll('$__interval', '30s').replaceAll('$__range', '3600s');
    const parameters = new URLSearchParams({ query: filled });
    const { status } = await fetch(`${loki.url}/loki/api/v1/format_query?${parameters.toString()}`);
    return status;
  };

  test.each(queries)('reads $name', async ({ expr }) => {
    expect(await formatted(expr)).toBe(200);
  });

  // Loki refuses to answer with more than 500 series, and a query in parts does so for each of them.
  test.each(['Paths that are not there', 'Most frequent clients', 'Slowest paths'])(
    '%s stands a scan of a thousand paths from a thousand addresses',
    async (title) => {
      const expr = queries.find((query) => query.title === title)?.expr ?? '';
      const answer = await loki.query(expr.replaceAll('$__range', '10800s'));

      expect(answer).toHaveLength(10);
    },
  );

  test('would refuse one that is no LogQL', async () => {
    expect(await formatted('sum by (app) (rate({job="container"}))')).toBe(400);
  });
});
