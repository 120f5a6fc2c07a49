import { logLines, type LogsBuilder } from '../common';
import { NO_AUDIT_LOG } from '../log-panels';
import { auditLines, chosenLines, journalLines, webLines } from './selectors';

/** The lines themselves. */
export const newestLines = (): readonly LogsBuilder[] => [
  logLines({
    title: 'Containers',
    description:
      'The newest lines of the chosen namespaces, apps and levels with the words searched for. A requestId in one leads to all lines about that request.',
    alerts: ['ApplicationErrors'],
    queries: [{ expr: chosenLines }],
  }).height(14),
  logLines({
    title: 'Web servers',
    description:
      'The newest requests to those of the chosen apps that are web servers, and what these say about themselves, with the words searched for.',
    queries: [{ expr: webLines }],
  }),
  logLines({
    title: 'Nodes',
    description:
      'The newest lines of the journals of the chosen nodes with the words searched for.',
    alerts: ['LogsSilent'],
    queries: [{ expr: journalLines }],
  }),
  logLines({
    title: 'API server',
    description:
      'The newest lines of the audit log with the words searched for: who changed what, who read a Secret, and who entered a pod.',
    emptyWhenWell: NO_AUDIT_LOG,
    queries: [{ expr: auditLines }],
  }),
];
