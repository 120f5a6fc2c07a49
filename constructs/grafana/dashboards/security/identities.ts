import * as units from '@grafana/grafana-foundation-sdk/units';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { EXPIRY_JOB } from '../../../prometheus/scrape-jobs';
import type { Settings } from '../../../settings';
import { table, thresholds, type TableBuilder } from '../common';
import { controllerError, leafTimeLeft, renewals, rootTimeLeft } from '../overview/certificates';

/** The certificates that are served, who issued them, and when they end. */
export const identities = (settings: Settings): readonly Builder<Panel>[] => [
  leafTimeLeft(settings),
  rootTimeLeft(settings),
  controllerError(),
  renewals(),
  chains(),
];

const chains = (): TableBuilder =>
  table({
    title: 'Who shows which certificate',
    description:
      'The certificate that each component really serves: its issuer, which is our authority, and the names and identity that it stands for.',
    unit: units.NoUnit,
    thresholds: thresholds.none,
    alerts: ['CertificateForeignIssuer'],
    queries: [
      {
        expr: `group by (component, port, issuer, subject, subjectalternative) (probe_ssl_last_chain_info{job="${EXPIRY_JOB}"})`,
      },
    ],
    columns: ['component', 'port', 'issuer', 'subject', 'subjectalternative'],
  })
    .height(10)
    .span(24);
