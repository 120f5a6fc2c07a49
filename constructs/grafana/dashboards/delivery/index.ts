import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Settings } from '../../../settings';
import type { Topology } from '../../../topology';
import { dashboard } from '../frame';
import { accepting } from './accepting';
import { delivering } from './delivering';
import { glance } from './glance';
import { destinationVariable } from './selectors';
import { telling } from './telling';

/** The way of an alert, from what Prometheus finds to the message that someone reads. */
export const delivery = (settings: Settings, topology: Topology): DashboardBuilder =>
  dashboard({
    name: 'delivery',
    title: 'Alert delivery',
    description:
      'The way of an alert, from what Prometheus finds to the message that someone reads.',
    alerts: { service: 'prometheus|alertmanager|alert-router' },
    variables: [destinationVariable()],
    rows: [
      { title: 'At a glance', panels: glance(settings, topology) },
      { title: 'Prometheus and Alertmanager', panels: telling(topology) },
      { title: 'Alert-router: accepting', panels: accepting(topology) },
      { title: 'Alert-router: delivering', panels: delivering(topology) },
    ],
  });
