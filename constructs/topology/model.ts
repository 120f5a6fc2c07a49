import type { KeyUsage, WorkloadRef } from './certificate-plan';

/** The namespaces, each with its Pod Security level. */
export const namespaces = {
  'vigil-system': 'restricted',
  monitoring: 'restricted',
  agents: 'privileged',
  web: 'restricted',
} as const;

export type Namespace = keyof typeof namespaces;
/** What a node is for: a label of the node, and a preference of the workloads. */
export type Role = 'monitoring' | 'web-1' | 'web-2';
export type Protocol = 'TCP' | 'UDP';

/** A component of ours, as its row in the table says it. */
export interface ComponentRow {
  readonly namespace: Namespace;
  readonly workload: WorkloadRef['kind'];
  /** Listening ports by name; each serves TLS with a client certificate required, but for those that are `open`. */
  readonly ports: Readonly<Record<string, number>>;
  /**
   * Ports for everyone, by name: TLS without a client certificate, or plain HTTP that does nothing but redirect there.
   *
   * Default: none.
   */
  readonly open?: Readonly<Record<string, 'TLS' | 'redirect'>>;
  /**
   * What the servers of the pod pick up without a restart: the leaf and the client CA (`all`), or the leaf only
   * (`leaf`), so that the certificate-controller restarts the workload when the trust bundle changes.
   */
  readonly rereads: 'all' | 'leaf';
  /**
   * The role of the nodes that it prefers; agents run on every node.
   *
   * Default: monitoring.
   */
  readonly role?: Role;
  /** Shares the node's network: NetworkPolicies do not apply to it, mutual TLS is its only gate. */
  readonly hostNetwork?: boolean;
  /** People log in with a name and a password: TLS, but no client certificate asked for (metrics excepted). */
  readonly login?: boolean;
}

/** Someone or something that is not ours, at one end of a flow. */
export interface OutsideRow {
  readonly place:
    | { readonly kind: 'person' }
    /** Whoever can reach the cluster. */
    | { readonly kind: 'anyone' }
    /** Listens on the nodes, where only addresses can select it. */
    | {
        readonly kind: 'nodes';
        readonly namespace?: string;
        readonly labels?: Readonly<Record<string, string>>;
      }
    | {
        readonly kind: 'pods';
        readonly namespace: string;
        readonly labels: Readonly<Record<string, string>>;
      }
    | { readonly kind: 'networks'; readonly cidrs: readonly string[] }
    /** Any public address: everything but the private, shared and link-local networks. */
    | { readonly kind: 'internet' };
  readonly ports: Readonly<Record<string, number>>;
  /** Protocols of its ports. Default: TCP. */
  readonly protocols?: readonly Protocol[];
}

/** How Prometheus scrapes the far end of a flow. */
export interface ScrapeRow {
  /** Seconds between scrapes. Default: `prometheus.scrapeInterval`. */
  readonly everySeconds?: number;
  /** HTTP path. Default: /metrics. */
  readonly path?: string;
  /**
   * Whom the samples speak about: the target itself, which labels them with its namespace, pod and node; what runs on
   * its node, which leaves only the node's name; or other objects, whose own labels must stand alone.
   *
   * Default: itself.
   */
  readonly about?: 'itself' | 'its node' | 'others';
}

/** Who opens a connection to whom, on which port, and why. */
export interface FlowRow {
  readonly from: string;
  readonly to: string;
  readonly port: string;
  readonly why: string;
  readonly scrape?: ScrapeRow;
  /** The connection goes to this one, which forwards it (the API server's pod proxy). */
  readonly via?: string;
}

/** The tables that everything else is derived from. */
export interface Model {
  readonly components: Readonly<Record<string, ComponentRow>>;
  readonly outside: Readonly<Record<string, OutsideRow>>;
  readonly flows: readonly FlowRow[];
}

/** Who holds a client certificate of ours, in the two forms that servers can check. */
export interface Identity {
  /** `spiffe://vigil/ns/<namespace>/sa/<service account>`, as URI SAN. */
  readonly spiffeId: string;
  /** Subject common name, for servers that see no URI SAN (nginx). */
  readonly commonName: string;
}

/** A component with all the names that follow from its row. */
export interface Component extends ComponentRow, Identity {
  readonly kind: 'component';
  /** Key of its row, such as `nodeExporter`. */
  readonly key: string;
  /** Name of its objects, its service account and its scrape job, such as `node-exporter`. */
  readonly name: string;
  /** DNS name of its Service within the cluster, the one that clients verify. */
  readonly dnsName: string;
  readonly tlsSecret: string;
  readonly workloadRef: WorkloadRef;
}

/** Someone or something outside, with its names. */
export interface Outside extends OutsideRow {
  readonly kind: 'outside';
  readonly key: string;
  readonly name: string;
}

export type Endpoint = Component | Outside;

/** A flow with both its ends looked up. */
export interface Flow {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: {
    readonly name: string;
    readonly number: number;
    readonly protocols: readonly Protocol[];
  };
  readonly why: string;
  readonly scrape?: ScrapeRow;
  readonly via?: Endpoint;
}

/** A scrape job of Prometheus: one for each flow that is a scrape. */
export interface ScrapeJob {
  readonly name: string;
  readonly target: Endpoint;
  readonly port: number;
  readonly path: string;
  readonly everySeconds: number;
  readonly about: NonNullable<ScrapeRow['about']>;
  readonly via?: Endpoint;
}

export type { KeyUsage };
