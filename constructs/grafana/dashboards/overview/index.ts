import {
  CustomVariableBuilder,
  type DashboardBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { EXPIRY_JOB, WEB_PAGE_JOB } from '../../../prometheus/scrape-jobs';
import type { Settings } from '../../../settings';
import { namespaces, type Topology } from '../../../topology';
import { dashboard } from '../frame';
import * as alerting from './alerting';
import * as certificates from './certificates';
import * as well from './is-all-well';
import * as resources from './resources';
import { NAMESPACE_VARIABLE } from './selectors';

/** Is all well, what fires, and how the certificates are: the first screen after the login. */
export function overview(settings: Settings, topology: Topology): DashboardBuilder {
  const jobs = [...topology.scrapeJobs.map(({ name }) => name), EXPIRY_JOB, WEB_PAGE_JOB];
  return dashboard({
    name: 'overview',
    title: 'Overview',
    description: 'Is all well, what fires, and how the certificates are.',
    variables: [namespaceVariable()],
    rows: [
      {
        title: 'Is all well',
        panels: [
          well.targetsUp(),
          well.jobsMissing(jobs),
          well.alertsFiring(),
          well.workloadsReady(),
          well.nodesReady(),
          well.restarts(),
          well.targetsDown(jobs),
          well.alertsByName(),
        ],
      },
      {
        title: 'Resources',
        panels: [
          resources.nodeCpu(),
          resources.nodeMemory(),
          resources.componentCpu(topology),
          resources.componentMemory(topology),
          resources.activeSeries(),
          resources.samples(),
        ],
      },
      {
        title: 'Certificates',
        panels: [
          certificates.leafTimeLeft(settings),
          certificates.rootTimeLeft(settings),
          certificates.controllerError(),
          certificates.renewals(),
        ],
      },
      {
        title: 'Alerting',
        panels: [
          alerting.notifications(),
          alerting.notificationFailures(),
          alerting.ruleFailures(),
        ],
      },
    ],
  });
}

/** The namespaces of the stack; `All` stands for each of them. */
const namespaceVariable = (): CustomVariableBuilder =>
  new CustomVariableBuilder(NAMESPACE_VARIABLE)
    .label('Namespace')
    .values(Object.keys(namespaces).join(','))
    .includeAll(true)
    .multi(true)
    .current({ text: 'All', value: '$__all', selected: true });
