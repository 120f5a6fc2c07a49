import { dashboardsOf } from '../../support/dashboards';

const all = dashboardsOf().map(([, dashboard]) => dashboard);
const links = all.flatMap((dashboard) =>
  dashboard.panels.flatMap(({ title, fieldConfig, targets = [] }) =>
    (fieldConfig?.defaults.links ?? []).map(({ url }) => ({
      name: `${dashboard.title}: ${title}`,
      url: new URL(url, 'http://grafana'),
      exprs: targets.map(({ expr }) => expr),
    })),
  ),
);

test('graphs lead to the lines of what they show', () => {
  expect(links.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Overview: CPU by component', 'Containers: Memory, the highest ten']),
  );
});

test.each(links)('$name leads to a dashboard of ours, and makes choices that it has', ({ url }) => {
  const target = all.find(({ uid }) => url.pathname === `/d/${uid}`);
  const choices = [...url.searchParams.keys()].filter((key) => key.startsWith('var-'));
  const variables = target?.templating.list?.map(({ name }) => `var-${name}`);

  expect(choices.length).toBeGreaterThan(0);
  expect(variables).toEqual(expect.arrayContaining(choices));
});

test.each(links)('$name takes its choices from labels of the series', ({ url, exprs }) => {
  const labels = [...url.search.matchAll(/__field\.labels\.(\w+)/g)].map(([, label]) => label);

  expect(labels.length).toBeGreaterThan(0);
  for (const expr of exprs) {
    const kept = [...expr.matchAll(/\bby \(([^)]+)\)/g)].flatMap(([, by = '']) => by.split(', '));
    expect(kept).toEqual(expect.arrayContaining(labels));
  }
});
