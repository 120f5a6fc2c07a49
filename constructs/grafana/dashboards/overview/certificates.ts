import { BigValueColorMode, BigValueTextMode } from '@grafana/grafana-foundation-sdk/common';
import * as units from '@grafana/grafana-foundation-sdk/units';
import { EXPIRY_JOB } from '../../../prometheus/scrape-jobs';
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

/** Time left of the certificate that each component serves. */
export function leafTimeLeft({ certificates: { leafLifetime } }: Settings): BarGaugeBuilder {
  const lifetime = seconds(leafLifetime);
  return barGauge({
    title: 'Time left by component',
    description:
      'Until the certificate that each component really serves ends, as a client sees it. It is renewed when a third of its lifetime is left.',
    alerts: ['CertificateExpiring', 'CertificateAboutToExpire'],
    unit: units.DurationSeconds,
    thresholds: thresholds.lifetimeLeft(lifetime),
    queries: [
      {
        expr: `min by (component) (probe_ssl_earliest_cert_expiry{job="${EXPIRY_JOB}"}) - time()`,
        legend: '{{component}}',
      },
    ],
  })
    .max(lifetime)
    .span(8)
    .dataLinks([toLinesOfComponent()]);
}

/** Time left of the root. */
export const rootTimeLeft = ({ certificates: { rootLifetime } }: Settings): StatBuilder =>
  stat({
    title: 'Time left of the root',
    description:
      'Until the certificate authority ends. It is rotated, old and new overlapping, well before.',
    alerts: ['AuthorityExpiring', 'AuthorityAboutToExpire'],
    unit: units.DurationSeconds,
    thresholds: thresholds.lifetimeLeft(seconds(rootLifetime)),
    queries: [
      {
        expr: 'min(vigil_certificate_authority_not_after_seconds{role="active"}) - time()',
        legend: 'root',
      },
    ],
  })
    .height(8)
    .span(4);

/** What keeps the controller from its work. */
export const controllerError = (): StatBuilder =>
  stat({
    title: 'Controller error',
    description:
      'Why the certificate-controller cannot do all of its work: none, or the reason that it gives.',
    alerts: ['CertificateControllerError'],
    unit: units.NoUnit,
    thresholds: thresholds.zeroIsGood,
    queries: [
      {
        expr: 'label_replace(sum(vigil_certificate_controller_error) == 0, "reason", "none", "", "") or max by (reason) (vigil_certificate_controller_error) == 1',
        legend: '{{reason}}',
      },
    ],
  })
    .textMode(BigValueTextMode.Name)
    .colorMode(BigValueColorMode.Background)
    .height(8)
    .span(4);

/** Certificates issued. */
export const renewals = (): TimeSeriesBuilder =>
  timeSeries({
    title: 'Renewals',
    description:
      'Certificates issued within the hour before each moment, by reason. A few at a time are the rule; a steady stream is not.',
    unit: units.Short,
    thresholds: thresholds.none,
    queries: [
      {
        expr: 'sum by (reason) (increase(vigil_certificate_renewals_total[1h]))',
        legend: '{{reason}}',
      },
    ],
  }).span(8);
