/**
 * The contract between synth and the certificate-controller: which Secrets hold which certificates.
 * Plain types only, because the controller (which runs in the cluster) imports them.
 */

/** What a certificate may be used for (RFC 5280 extended key usage). */
export type KeyUsage = 'serverAuth' | 'clientAuth';

/** A workload that the controller may restart. */
export interface WorkloadRef {
  readonly kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly namespace: string;
  readonly name: string;
}

/** One leaf certificate and the Secret (`tls.crt`, `tls.key`, `ca.crt`) that holds it. */
export interface PlannedLeaf {
  /** Name of the component or person, for logs, metrics and events. */
  readonly component: string;
  readonly namespace: string;
  readonly secret: string;
  /** Subject CN; nginx, which cannot see a URI SAN, checks this one. */
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  /** URI SANs: the SPIFFE ID. */
  readonly uris: readonly string[];
  readonly usages: readonly KeyUsage[];
  /** Set when the workload re-reads its leaf but not its client CA: restarted when the trust bundle changes. */
  readonly restartOnCaChange?: WorkloadRef;
}

/** A generated password and the Secret key that holds it. */
export interface PlannedPassword {
  readonly namespace: string;
  readonly secret: string;
  readonly key: string;
  /** Number of characters. */
  readonly length: number;
  /** Restarted when the password had to be generated anew, because it reads the password only at start. */
  readonly restart?: WorkloadRef;
}

export interface CertificatePlan {
  readonly version: 1;
  /** SPIFFE trust domain, also the O of the root's subject. */
  readonly trustDomain: string;
  readonly authority: {
    readonly namespace: string;
    readonly secret: string;
    /** Seconds. */
    readonly lifetimeSeconds: number;
    /** Seconds between two steps of a root rotation: as long as a Secret needs to reach every pod. */
    readonly propagationSeconds: number;
  };
  /** Seconds; a leaf is renewed at two thirds of it. */
  readonly leafLifetimeSeconds: number;
  readonly leaves: readonly PlannedLeaf[];
  readonly passwords: readonly PlannedPassword[];
  /** Approve the serving certificates of kubelets (`serverTLSBootstrap`), after checking each request. */
  readonly approveKubeletServing: boolean;
}
