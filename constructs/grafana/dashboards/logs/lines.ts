import { logLines, type LogsBuilder } from '../common';
import { auditLines, chosenLines, journalLines } from './selectors';

/** The lines themselves. */
export const newestLines = (hasAuditLog: boolean): readonly LogsBuilder[] => [
  logLines({
    title: 'Containers',
    description:
      'The newest lines of the chosen namespaces, apps and levels with the words searched for. A requestId in one leads to all lines about that request.',
    queries: [{ expr: chosenLines }],
  }).height(14),
  logLines({
    title: 'Nodes',
    description: "The newest lines of the nodes' journals with the words searched for.",
    queries: [{ expr: journalLines }],
  }),
  ...(hasAuditLog
    ? [
        logLines({
          title: 'API server',
          description:
            'The newest lines of the audit log with the words searched for: who changed what, who read a Secret, and who entered a pod.',
          queries: [{ expr: auditLines }],
        }),
      ]
    : []),
];
