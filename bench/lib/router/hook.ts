import { benchAlert } from './alerts';

/** The bytes of a POST with one alert, as Alertmanager writes them; each number is another alert of another group. */
export function hookRequest(index: number, host: string, labels: Record<string, string>): string {
  const body = JSON.stringify(hookBody(index, labels));
  const head = [
    'POST /api/v1/webhook HTTP/1.1',
    `Host: ${host}`,
    'User-Agent: Alertmanager/0.34.0',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Content-Type: application/json',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

function hookBody(index: number, extra: Record<string, string>): unknown {
  const { labels, annotations } = benchAlert(index, 0, extra);
  const alert = {
    status: 'firing',
    labels,
    annotations,
    startsAt: '2026-01-01T00:00:00.000Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'https://prometheus.monitoring.svc:9090/graph?g0.expr=vector%281%29&g0.tab=1',
    fingerprint: index.toString(16).padStart(16, '0'),
  };
  const group = { alertname: labels.alertname };
  return {
    version: '4',
    receiver: 'alert-router',
    status: 'firing',
    groupKey: `{}:{alertname="${labels.alertname}"}`,
    groupLabels: group,
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: 'https://alertmanager.monitoring.svc:9093',
    truncatedAlerts: 0,
    alerts: [alert],
  };
}
