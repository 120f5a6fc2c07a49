import * as units from '@grafana/grafana-foundation-sdk/units';
import { EXPIRY_JOB, WEB_PAGE_JOB } from '../../../prometheus/scrape-jobs';
import { seconds, type Settings } from '../../../settings';
import {
  barGauge,
  stat,
  thresholds,
  timeSeries,
  type BarGaugeBuilder,
  type StatBuilder,
  type TimeSeriesBuilder,
} from '../common';
import { toLinesOfComponent } from '../to-logs';
import { ofPages } from './selectors';

/** The pages as a visitor meets them: probed from outside, over HTTPS. */
export const pages = (
  settings: Settings,
): readonly (StatBuilder | BarGaugeBuilder | TimeSeriesBuilder)[] => [
  answering(),
  status(),
  certificates(settings),
  duration(),
  phases(),
];

const answering = (): StatBuilder =>
  stat({
    title: 'Pages that answer',
    description:
      'The share of the chosen pages that answered their last probe with success, over TLS with a certificate of ours.',
    unit: units.PercentUnit,
    thresholds: thresholds.allIsGood,
    alerts: ['WebPageNotAnswering'],
    queries: [{ expr: `avg(probe_success${ofPages(WEB_PAGE_JOB)})`, legend: 'answer' }],
  }).height(8);

const status = (): BarGaugeBuilder =>
  barGauge({
    title: 'Status',
    description: 'What each page answered to its last probe; 0 is no answer at all.',
    unit: units.NoUnit,
    thresholds: thresholds.httpStatus,
    queries: [
      {
        expr: `max by (component) (probe_http_status_code${ofPages(WEB_PAGE_JOB)})`,
        legend: '{{component}}',
      },
    ],
  })
    .max(599)
    .dataLinks([toLinesOfComponent()])
    .span(8);

function certificates({ certificates: { leafLifetime } }: Settings): BarGaugeBuilder {
  const lifetime = seconds(leafLifetime);
  return barGauge({
    title: 'Time left of the certificates',
    description: 'Until the certificate that each web server shows its visitors ends.',
    unit: units.DurationSeconds,
    thresholds: thresholds.lifetimeLeft(lifetime),
    alerts: ['CertificateExpiring', 'CertificateAboutToExpire'],
    queries: [
      {
        expr: `min by (component) (probe_ssl_earliest_cert_expiry${ofPages(EXPIRY_JOB)}) - time()`,
        legend: '{{component}}',
      },
    ],
  })
    .max(lifetime)
    .span(12)
    .dataLinks([toLinesOfComponent()]);
}

const duration = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time to the whole page',
    description:
      'How long a probe took from the look-up of the name to the last byte. The cluster itself is the only network in between.',
    unit: units.Seconds,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `max by (component) (probe_duration_seconds${ofPages(WEB_PAGE_JOB)})`,
        legend: '{{component}}',
      },
    ],
  }).dataLinks([toLinesOfComponent()]);

const phases = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Time by phase',
    description:
      'Where that time went, on average of the chosen pages: name, connection, TLS, the server at work, and the transfer.',
    unit: units.Seconds,
    thresholds: thresholds.none,
    queries: [
      {
        expr: `avg by (phase) (probe_http_duration_seconds${ofPages(WEB_PAGE_JOB)})`,
        legend: '{{phase}}',
      },
    ],
  });
