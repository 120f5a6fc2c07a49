import { parse } from 'yaml';
import { chartOf, fileOf } from '../../support/stack';

const chart = chartOf('blackbox-exporter');

test('its modules do nothing but the handshake, so that no one can send a request through it', () => {
  const { modules } = parse(
    fileOf(chart.objects, 'monitoring/blackbox-config', 'blackbox.yml'),
  ) as {
    modules: Record<string, Record<string, unknown>>;
  };

  expect(Object.keys(modules).length).toBeGreaterThan(0);
  for (const [name, module] of Object.entries(modules)) {
    expect([name, Object.keys(module).sort()]).toEqual([name, ['prober', 'tcp', 'timeout']]);
    expect(module.prober).toBe('tcp');
    expect(module.tcp).toMatchObject({ tls: true });
    expect(module.tcp).not.toHaveProperty('query_response');
  }
});

test('its objects', () => {
  expect(chart.text).toMatchSnapshot();
});
