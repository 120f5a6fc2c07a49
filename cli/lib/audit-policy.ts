/** User names whose daily work would fill the log. */
export interface AuditPolicyOptions {
  /** Compares every Secret of the certificate plan with what it should be, over and over. */
  readonly certificateController: string;
  /** Scrapes pods through the API server. */
  readonly prometheus: string;
}

const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const READS = ['get', 'list', 'watch'];
/** Groups whose objects have a status that controllers and kubelets write all the time. */
const STATUS_GROUPS = [
  '',
  'apps',
  'batch',
  'certificates.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'apiregistration.k8s.io',
  'networking.k8s.io',
  'policy',
];

/**
 * What the API server writes to its audit log: who changed what, who read a Secret, and who entered a pod. The control
 * plane's own chatter and ordinary reads are left out, and the contents of Secrets never get in (level Metadata has no
 * bodies). The first rule that matches counts.
 */
export function auditPolicy(users: AuditPolicyOptions): object {
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [
      ...chatter(users),
      ...whatMatters,
      { level: 'None', verbs: READS },
      { level: 'Metadata' },
    ],
  };
}

const chatter = ({ certificateController, prometheus }: AuditPolicyOptions): object[] => [
  // The API server's own set-up at each start.
  { level: 'None', users: ['system:apiserver'] },
  { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/metrics*'] },
  {
    level: 'None',
    resources: [
      { group: 'coordination.k8s.io', resources: ['leases'] },
      { group: '', resources: ['events', 'endpoints'] },
      { group: 'events.k8s.io', resources: ['events'] },
      { group: 'discovery.k8s.io', resources: ['endpointslices'] },
      { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
      { group: 'authorization.k8s.io', resources: ['subjectaccessreviews'] },
      ...STATUS_GROUPS.map((group) => ({ group, resources: ['*/status'] })),
    ],
  },
  {
    level: 'None',
    users: [certificateController],
    verbs: ['get'],
    resources: [{ group: '', resources: ['secrets'] }],
  },
  {
    level: 'None',
    users: [prometheus],
    verbs: ['get'],
    resources: [{ group: '', resources: ['pods/proxy'] }],
  },
  // Kubelets fetch the Secrets and tokens of their own pods, and the API server lets them at no others.
  {
    level: 'None',
    userGroups: ['system:nodes'],
    resources: [{ group: '', resources: ['secrets', 'serviceaccounts/token'] }],
  },
];

const whatMatters: object[] = [
  // Secrets and tokens, reads included.
  {
    level: 'Metadata',
    verbs: [...READS, ...WRITES],
    resources: [{ group: '', resources: ['secrets', 'serviceaccounts/token'] }],
  },
  // Entering a pod, or tunnelling to one.
  {
    level: 'Request',
    resources: [
      { group: '', resources: ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy'] },
      { group: '', resources: ['pods/ephemeralcontainers', 'services/proxy', 'nodes/proxy'] },
    ],
  },
  // Rights given and taken, with what they say.
  { level: 'Request', resources: [{ group: 'rbac.authorization.k8s.io' }], verbs: WRITES },
  // Strangers, whatever they do; their questions after the server's health are left out above.
  { level: 'Metadata', users: ['system:anonymous'] },
];
