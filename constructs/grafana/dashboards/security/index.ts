import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from '../../../settings';
import { dashboard } from '../frame';
import { audit } from './audit';
import { connections } from './connections';
import { identities } from './identities';
import { logins } from './logins';

/** Who tried to get in, who was turned away, and who is trusted. */
export const security = (settings: Settings): DashboardBuilder =>
  dashboard({
    name: 'security',
    title: 'Security & trust',
    description: 'Who tried to get in, who was turned away, and who is trusted.',
    alerts: { category: 'certificate|log' },
    rows: [
      { title: 'Logins', panels: logins() },
      { title: 'Denied connections', panels: connections() },
      { title: 'Certificates and identities', panels: identities(settings) },
      { title: 'Audit of the API server', panels: audit() },
    ],
  });
