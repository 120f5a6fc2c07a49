import { dataSourceIds } from '../../../constructs/grafana/data-sources';
import { dashboardsOf, withVariables } from '../../support/dashboards';
import { describeWithLoki } from '../../support/loki-server';

const queries = dashboardsOf().flatMap(([file, dashboard]) =>
  dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets
      .filter(({ datasource }) => datasource.uid === dataSourceIds.loki)
      .map((target) => ({
        name: `${file}: ${title} ${target.refId}`,
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
  let url = '';
  beforeAll(async () => {
    ({ url } = await startLoki());
  }, 60_000);

  const formatted = async (expr: string): Promise<number> => {
    const filled = expr.replaceAll('$__interval', '30s').replaceAll('$__range', '3600s');
    const parameters = new URLSearchParams({ query: filled });
    const { status } = await fetch(`${url}/loki/api/v1/format_query?${parameters.toString()}`);
    return status;
  };

  test.each(queries)('reads $name', async ({ expr }) => {
    expect(await formatted(expr)).toBe(200);
  });

  test('would refuse one that is no LogQL', async () => {
    expect(await formatted('sum by (app) (rate({job="container"}))')).toBe(400);
  });
});
