/**
 * What the API server writes to its audit log: who changed what, and who entered a pod. Reads and the control plane's
 * own chatter are left out, and the contents of Secrets never get in (level Metadata has no bodies).
 */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    // Nodes and controllers renew these every few seconds.
    {
      level: 'None',
      resources: [
        { group: 'coordination.k8s.io', resources: ['leases'] },
        { group: '', resources: ['events'] },
        { group: 'events.k8s.io', resources: ['events'] },
      ],
    },
    {
      level: 'None',
      nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/metrics*'],
    },
    // Access to secret material, reads included.
    {
      level: 'Metadata',
      resources: [
        { group: '', resources: ['secrets', 'serviceaccounts/token'] },
        { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
      ],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'],
    },
    // Entering a pod or tunnelling to it.
    {
      level: 'Request',
      resources: [
        { group: '', resources: ['pods/exec', 'pods/attach', 'pods/portforward', 'nodes/proxy'] },
        { group: '', resources: ['pods/ephemeralcontainers', 'services/proxy', 'pods/proxy'] },
      ],
    },
    // Rights given and taken, with what they say.
    {
      level: 'Request',
      resources: [{ group: 'rbac.authorization.k8s.io' }],
      verbs: ['create', 'update', 'patch', 'delete'],
    },
    { level: 'None', verbs: ['get', 'list', 'watch'] },
    // Status written by controllers and kubelets.
    { level: 'None', resources: [{ group: '', resources: ['nodes/status', 'pods/status'] }] },
    { level: 'Metadata' },
  ],
} as const;
