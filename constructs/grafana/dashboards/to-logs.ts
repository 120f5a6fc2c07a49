import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard';

/** Variables of the dashboard Logs that choose whose lines are shown. */
export const LOG_CHOICES = { namespace: 'namespace', app: 'app', pod: 'pod' } as const;

/** A link from a series to log lines of the same time; each choice is made by a label of the series. */
function toLogs(title: string, choices: Partial<Record<keyof typeof LOG_CHOICES, string>>) {
  const chosen = Object.entries(choices).map(
    ([variable, label]) => `var-${variable}=\${__field.labels.${label}}`,
  );
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .url(`/d/vigil-logs?${[...chosen, '${__url_time_range}'].join('&')}`);
}

/** From a series with the labels `namespace` and `pod`. */
export const toLinesOfPod = (): DashboardLinkBuilder =>
  toLogs('Lines of this pod', { namespace: 'namespace', pod: 'pod' });

/** From a series with the label `component`; an app is named as its component. */
export const toLinesOfComponent = (): DashboardLinkBuilder =>
  toLogs('Lines of this component', { app: 'component' });
