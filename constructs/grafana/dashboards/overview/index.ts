import {
  CustomVariableBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { EXPIRY_JOB } from '../../../prometheus/scrape-jobs';
import type { Settings } from '../../../settings';
import { namespaces, type Topology } from '../../../topology';
import * as alerting from './alerting';
import * as certificates from './certificates';
import * as well from './is-all-well';
import * as resources from './resources';
import { NAMESPACE_VARIABLE } from './selectors';

/** Is all well, what fires, and how the certificates are: the first screen after the login. */
export function overview(settings: Settings, topology: Topology): DashboardBuilder {
  const jobs = [...topology.scrapeJobs.map(({ name }) => name), EXPIRY_JOB];
  return new DashboardBuilder('Overview')
    .uid('vigil-overview')
    .description('Is all well, what fires, and how the certificates are.')
    .tags(['vigil'])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(namespaceVariable())

    .withRow(new RowBuilder('Is all well'))
    .withPanel(well.targetsUp())
    .withPanel(well.jobsMissing(jobs))
    .withPanel(well.alertsFiring())
    .withPanel(well.workloadsReady())
    .withPanel(well.nodesReady())
    .withPanel(well.restarts())
    .withPanel(well.targetsDown(jobs))
    .withPanel(well.alertsByName())

    .withRow(new RowBuilder('Resources'))
    .withPanel(resources.nodeCpu())
    .withPanel(resources.nodeMemory())
    .withPanel(resources.componentCpu(topology))
    .withPanel(resources.componentMemory(topology))
    .withPanel(resources.activeSeries())
    .withPanel(resources.samples())

    .withRow(new RowBuilder('Certificates'))
    .withPanel(certificates.leafTimeLeft(settings))
    .withPanel(certificates.rootTimeLeft(settings))
    .withPanel(certificates.controllerError())
    .withPanel(certificates.renewals())

    .withRow(new RowBuilder('Alerting'))
    .withPanel(alerting.notifications())
    .withPanel(alerting.notificationFailures())
    .withPanel(alerting.ruleFailures());
}

/** The namespaces of the stack; `All` stands for each of them. */
const namespaceVariable = (): CustomVariableBuilder =>
  new CustomVariableBuilder(NAMESPACE_VARIABLE)
    .label('Namespace')
    .values(Object.keys(namespaces).join(','))
    .includeAll(true)
    .multi(true)
    .current({ text: 'All', value: '$__all', selected: true });
