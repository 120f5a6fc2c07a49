import { chartOf, find, onlyPods } from '../../support/stack';

test('one replica with a volume and no gossip', () => {
  const chart = chartOf('alertmanager');
  const { args = [] } = onlyPods(chart).containers[0] ?? {};

  expect(find(chart.objects, 'StatefulSet monitoring/alertmanager').spec?.replicas).toBe(1);
  expect(args).toContain('--cluster.listen-address=');
  expect(args).toContain('--web.config.file=/etc/vigil/web/web.yml');
  expect(args).toContain('--data.retention=432000s');
  expect(chart.text).toMatchSnapshot();
});

test('it does not read its configuration again, so a change of it rolls the pod', () => {
  const { spec } = find(chartOf('alertmanager').objects, 'StatefulSet monitoring/alertmanager');
  const template = spec?.template as { metadata: { annotations: Record<string, string> } };

  expect(Object.keys(template.metadata.annotations)).toEqual([
    'vigil.local/config-alertmanager-config',
  ]);
});

test('retention, storage and its class come from the settings', () => {
  const chart = chartOf('alertmanager', {
    storageClass: 'fast',
    alertmanager: { retention: '2d', storage: '1Gi' },
  });

  expect(onlyPods(chart).containers[0]?.args).toContain('--data.retention=172800s');
  expect(
    find(chart.objects, 'StatefulSet monitoring/alertmanager').spec?.volumeClaimTemplates,
  ).toEqual([
    expect.objectContaining({
      spec: expect.objectContaining({
        storageClassName: 'fast',
        resources: { requests: { storage: '1Gi' } },
      }) as object,
    }),
  ]);
});
