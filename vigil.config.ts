import { defineConfig } from './constructs/settings';

// Every setting with its default; what is left out has the value shown here. A setting without a value of its own is
// commented out. The same as a table, with all that is allowed: docs/settings.md.
export default defineConfig({
  cluster: {
    /** Name of the kind cluster that `up` creates. Default: vigil. */
    name: 'vigil',
    /** Nodes of that cluster, from 1 to 30. Default: 3. */
    nodes: 3,
    /** Node image for kind; the variable VIGIL_NODE_IMAGE goes first. Default: the one kind ships with. */
    // nodeImage: 'kindest/node:v1.34.4',
    /** DNS domain of the cluster. Default: cluster.local. */
    domain: 'cluster.local',
    /** IPv4 networks that hold the nodes and the API server. Default: what Docker gives out. */
    nodeCidrs: ['172.16.0.0/12', '192.168.0.0/16'],
    /** Port of the API server on its node, behind the Service. Default: 6443. */
    apiServerPort: 6443,
    /** Approve kubelet serving certificates, after checking each request. Default: true. */
    approveKubeletServing: true,
    /** Scrape the API server, which must run as pods in kube-system. Default: true. */
    apiServer: true,
    /** Scrape scheduler and controller-manager, which must listen on the node. Default: true. */
    controlPlane: true,
    /** Scrape kubelets, whose serving certificates must be of the cluster's CA. Default: true. */
    kubelets: true,
    /** Scrape CoreDNS, which must run as pods in kube-system with metrics on port 9153. Default: true. */
    coreDns: true,
  },
  certificates: {
    /** Lifetime of a leaf certificate (s, m, h, d, w or y); it is renewed at two thirds. Default: 30d. */
    leafLifetime: '30d',
    /** Lifetime of the root (s, m, h, d, w or y). Default: 1y. */
    rootLifetime: '1y',
    /** Time that a changed Secret needs to reach every pod (s, m, h, d, w or y). Default: 3m. */
    propagation: '3m',
  },
  prometheus: {
    /** Time between two scrapes (s, m, h, d, w or y). Default: 15s. */
    scrapeInterval: '15s',
    /** Time between two evaluations of the rules (s, m, h, d, w or y). Default: 10s. */
    evaluationInterval: '10s',
    /** Age at which samples are dropped (s, m, h, d, w or y). Default: 15d. */
    retentionTime: '15d',
    /** Size at which the oldest samples are dropped (MB, GB or TB). Default: 6GB. */
    retentionSize: '6GB',
    /** Size of the volume (Ki, Mi, Gi or Ti). Default: 8Gi. */
    storage: '8Gi',
    /** Labels added to alerts and remote writes. Default: none. */
    externalLabels: {
      // cluster: 'vigil',
    },
    /** Receivers of a copy of all samples. Default: none. */
    remoteWrite: [
      // {
      //   /** Name of the receiver, used in metrics and flows. Required. */
      //   name: 'archive',
      //   /** Where samples are sent: https only. Required. */
      //   url: 'https://archive.example.com/api/v1/write',
      //   /** IPv4 networks of the receiver: Prometheus may open connections to these only. Required. */
      //   cidrs: ['203.0.113.0/24'],
      //   /** Secret in namespace monitoring whose key `token` is sent as bearer token. Default: none. */
      //   tokenSecret: 'archive-token',
      // },
    ],
  },
  alertmanager: {
    /** How long silences and notifications are kept (s, m, h, d, w or y). Default: 5d. */
    retention: '5d',
    /** Size of the volume (Ki, Mi, Gi or Ti). Default: 256Mi. */
    storage: '256Mi',
    /** How long a new group waits for more alerts before it is sent (s, m, h, d, w or y). Default: 5s. */
    groupWait: '5s',
    /** Time between two notifications of a group that changes (s, m, h, d, w or y). Default: 30s. */
    groupInterval: '30s',
  },
  loki: {
    /** Age at which log lines are dropped (d, w or y; at least 1d). Default: 7d. */
    retention: '7d',
    /** Size of the volume (Ki, Mi, Gi or Ti). Default: 10Gi. */
    storage: '10Gi',
  },
  alloy: {
    /** Folder of the API server's `audit.log` on its node; `up` puts it there. Default: /var/log/kubernetes. */
    auditLogFolder: '/var/log/kubernetes',
  },
  web: {
    /** Ask visitors of the pages for a certificate; the technician has one. Default: false. */
    clientCertificates: false,
    /** Further DNS names in the certificates, by component: apache, nginx, sampleApp. Default: none. */
    hosts: {
      // apache: ['play.example.com'],
    },
    /** Type of the Services of the pages: ClusterIP, NodePort or LoadBalancer. Default: ClusterIP. */
    service: 'ClusterIP',
  },
  // Where alerts go. Webhook URLs and passwords are no settings: `npx vigil alerts connect <destination>` stores them in
  // a Secret. A destination without one is parked: its alerts wait, and nothing else is held up.
  alertRouter: {
    /** Size of the volume that holds the queue (Ki, Mi, Gi or Ti). Default: 256Mi. */
    storage: '256Mi',
    /** Places where alerts go, by name. Default: the six channels and the mailbox shown. */
    destinations: {
      general: { kind: 'discord' },
      container: { kind: 'discord' },
      node: { kind: 'discord' },
      traffic: { kind: 'discord' },
      nginx: { kind: 'discord' },
      apache: { kind: 'discord' },
      mail: {
        /** How it is reached: discord, mail or webhook. Required. */
        kind: 'mail',
        /** Recipients of a mail, such as 'oncall@example.com'. Default: none, and parked. */
        to: [],
      },
      // pager: { kind: 'webhook' },
    },
    /** Where an alert goes that no route takes. Default: general. */
    defaultDestinations: ['general'],
    /** The first that matches takes an alert, and the next ones too where it says `continue`. Default: as shown. */
    routes: [
      {
        /** What it takes, in Alertmanager's syntax; all must match. Required. */
        matchers: ['severity="critical"'],
        /** Where its alerts go. Required. */
        destinations: ['mail'],
        /** Whether the routes after it are tried as well. Default: false. */
        continue: true,
      },
      { matchers: ['category="container"'], destinations: ['container'] },
      { matchers: ['category="node"'], destinations: ['node'] },
      { matchers: ['category="traffic"'], destinations: ['traffic'] },
      { matchers: ['category="nginx"'], destinations: ['nginx'] },
      { matchers: ['category="apache"'], destinations: ['apache'] },
      { matchers: [], destinations: ['general'] },
    ],
    /** Time after which an alert that still fires is told again (s, m, h, d, w or y). Default: 4h. */
    reminder: '4h',
    /** Time without a sign of life from Prometheus after which the router reports it. Default: 5m. */
    heartbeatTimeout: '5m',
    discord: {
      /** Origins that a webhook URL may have: https only. Default: https://discord.com. */
      origins: ['https://discord.com'],
      /** Port of Discord. Default: 443. */
      port: 443,
      /** IPv4 networks that the router may open connections to. Default: every public address. */
      // networks: ['203.0.113.0/24'],
    },
    mail: {
      /** Sender. Default: none, and mail is parked. */
      // from: 'vigil@example.com',
      /** Port of the mail server: 587 for STARTTLS, 465 for TLS from the start. Default: 587. */
      port: 587,
      /** IPv4 networks that the router may open connections to. Default: every public address. */
      // networks: ['203.0.113.0/24'],
    },
    webhook: {
      /** Port of the receivers of generic webhooks. Default: 443. */
      port: 443,
      /** IPv4 networks that the router may open connections to. Default: every public address. */
      // networks: ['203.0.113.0/24'],
    },
    /** Certificate authorities of receivers, as PEM, beside the public ones. Default: none. */
    // authorities: readFileSync('internal-ca.pem', 'utf8'),
    links: {
      /** Base URL of the runbooks in messages: https only. Default: none, their path is shown. */
      // runbooks: 'https://git.example.com/vigil/blob/main',
      /** Base URL of Grafana in messages: https only. Default: none, the way to it is shown. */
      // grafana: 'https://grafana.example.com',
    },
  },
  thresholds: {
    /** No alert waits longer than this before it fires (`for`), for drills and training. Default: as each alert says. */
    // longestFor: '30s',
    nodes: {
      /** Idle CPU of a node, in percent: below it NodeCpuBusy fires. Default: 35. */
      cpuIdle: 35,
      /** Available memory of a node, in percent: below it. Default: 35. */
      memoryAvailable: 35,
      /** Used space of a file system, in percent: above it. Default: 75. */
      diskWarning: 75,
      /** The same, critical. Default: 90. */
      diskCritical: 90,
      /** Time in which a disk would be full (s, m, h, d, w or y). Default: 24h. */
      diskFullWithin: '24h',
      /** Used inodes of a file system, in percent: above it. Default: 90. */
      inodes: 90,
      /** Difference to Prometheus' own clock (s, m, h, d, w or y). Default: 5s. */
      clockSkew: '5s',
      /** Faulty packets of an interface, in percent: above it. Default: 1. */
      networkErrors: 1,
      /** Bytes per second that a node receives or sends: above it. Default: 3000000. */
      traffic: 3_000_000,
      /** Time over which traffic is averaged, but three scrapes at least (s, m, h, d, w or y). Default: 50s. */
      trafficWindow: '50s',
      /** Used entries of the connection-tracking table, in percent: above it. Default: 80. */
      conntrack: 80,
    },
    containers: {
      /** Time for which a container is gone (s, m, h, d, w or y). Default: 1m. */
      stoppedFor: '1m',
      /** Used CPU of the limit, in percent: above it. Default: 90. */
      cpu: 90,
      /** Periods in which CPU was throttled, in percent: above it. Default: 25. */
      throttled: 25,
      /** Used memory of the limit, in percent: above it. Default: 90. */
      memory: 90,
      /** Used space of a volume, in percent: above it. Default: 85. */
      volume: 85,
      /** Pods that one namespace may run: more than that fires. Default: 50. */
      podsPerNamespace: 50,
    },
    web: {
      /** Busy workers of Apache, in percent: above it. Default: 80. */
      busyWorkers: 80,
      /** Answers that are errors of the server, in percent: above it. Default: 5. */
      errors: 5,
    },
    logs: {
      /** Time that alerts from logs look back, and so how long they last; 1m to 1h. Default: 5m. */
      window: '5m',
      /** Error lines of an app within `window`: from so many on. Default: 10. */
      errors: 10,
      /** Failed logins to an app, of one address or user, within 2 minutes: from so many on. Default: 20. */
      failedLogins: 20,
      /** Failed SSH logins to a node, of one address, within `window`: from so many on. Default: 10. */
      failedSshLogins: 10,
      /** Failed logins within `window` after which one that succeeds is told. Default: 5. */
      failuresBeforeLogin: 5,
      /** Wrong passwords of a user for sudo within `window`: from so many on. Default: 3. */
      sudoPasswords: 3,
      /** Different paths that a client has not found within `window`: from so many on. Default: 20. */
      missingPaths: 20,
      /** Requests of a client within `window` that look like an attack: from so many on. Default: 1. */
      probes: 1,
      /** Users of the API who may change rights, read Secrets and open tunnels unreported. Default: those of kubeadm. */
      administrators: ['kubernetes-admin', 'kubernetes-super-admin'],
    },
  },
  /** StorageClass of the volumes. Default: the cluster's own default. */
  // storageClass: 'standard',
  /** Image by component, in place of the pinned one, with a tag or a digest. Default: none replaced. */
  images: {
    // prometheus: 'registry.example.com/prometheus:v3.14.0',
  },
  /** Requests and limits by container, in place of the defaults. Default: none replaced. */
  resources: {
    // prometheus: {
    //   /** CPU request: millicores or cores. Default: by container, see docs/settings.md. */
    //   cpu: '200m',
    //   /** Memory request (Ki, Mi, Gi or Ti). Default: by container, see docs/settings.md. */
    //   memory: '512Mi',
    //   /** Memory limit (Ki, Mi, Gi or Ti). Default: by container, see docs/settings.md. */
    //   memoryLimit: '2Gi',
    // },
  },
});
