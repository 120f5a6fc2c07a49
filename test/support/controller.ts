import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { KubeConfig } from '@kubernetes/client-node';
import type { CertificatePlan, PlannedLeaf } from '../../constructs/topology/certificate-plan';
import {
  generateRsaKey,
  type GenerateKey,
  type KeyPair,
} from '../../services/certificate-controller/src/issue';
import type { Kube, Secret } from '../../services/certificate-controller/src/kube';
import { secretValue } from '../../services/certificate-controller/src/kube';
import { KubeClient } from '../../services/certificate-controller/src/kube-client';
import { ControllerMetrics } from '../../services/certificate-controller/src/metrics';
import { chainsTo, parseChain } from '../../services/certificate-controller/src/pem';
import { type PassOutcome, Reconciler } from '../../services/certificate-controller/src/reconcile';
import type { Clock } from '../../services/shared/clock';
import { createLogger } from '../../services/shared/logger';
import { FakeApiServer, permittedBy, rolledOut } from './fake-api-server';

export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** A small plan that has one of everything. */
export function testPlan(overrides: Partial<CertificatePlan> = {}): CertificatePlan {
  const loki = { kind: 'StatefulSet', namespace: 'monitoring', name: 'loki' } as const;
  const grafana = { kind: 'Deployment', namespace: 'monitoring', name: 'grafana' } as const;
  return {
    version: 1,
    trustDomain: 'vigil',
    authority: {
      namespace: 'vigil-system',
      secret: 'vigil-ca',
      lifetimeSeconds: 300 * DAY,
      propagationSeconds: 120,
    },
    leafLifetimeSeconds: 30 * DAY,
    leaves: [
      testLeaf('certificate-controller', { namespace: 'vigil-system' }),
      testLeaf('prometheus'),
      testLeaf('loki', { restartOnCaChange: loki }),
    ],
    passwords: [
      {
        namespace: 'monitoring',
        secret: 'grafana-admin',
        key: 'password',
        length: 32,
        restart: grafana,
      },
    ],
    approveKubeletServing: false,
    ...overrides,
  };
}

export function testLeaf(component: string, overrides: Partial<PlannedLeaf> = {}): PlannedLeaf {
  const namespace = overrides.namespace ?? 'monitoring';
  return {
    component,
    namespace,
    secret: `${component}-tls`,
    commonName: `${component}.${namespace}.svc`,
    dnsNames: [`${component}.${namespace}.svc`, 'localhost'],
    uris: [`spiffe://vigil/ns/${namespace}/sa/${component}`],
    usages: ['serverAuth', 'clientAuth'],
    ...overrides,
  };
}

/**
 * Keys made once and handed out in turn, so that a test of hundreds of certificates takes seconds.
 * There are more of them than any test has certificates alive at once.
 */
export async function keyPool(size = 24): Promise<GenerateKey> {
  const keys: KeyPair[] = await Promise.all(Array.from({ length: size }, generateRsaKey));
  let next = 0;
  return () => {
    const key = keys[next % keys.length] as KeyPair;
    next += 1;
    return Promise.resolve(key);
  };
}

/** An API server with the plan's empty Secrets and its workloads, as `vigil up` leaves them. */
export async function applied(plan: CertificatePlan): Promise<FakeApiServer> {
  const server = await FakeApiServer.create();
  server.allow = permittedBy(plan);
  for (const { namespace, secret } of [plan.authority, ...plan.leaves, ...plan.passwords]) {
    server.put('secrets', { kind: 'Secret', metadata: { namespace, name: secret } });
  }
  server.put('statefulsets', {
    metadata: { namespace: 'monitoring', name: 'loki', generation: 1 },
    spec: { replicas: 1, template: { metadata: {} } },
    status: { observedGeneration: 1, replicas: 1 },
  });
  server.put('deployments', {
    metadata: { namespace: 'monitoring', name: 'grafana', generation: 1 },
    spec: { replicas: 1, template: { metadata: {} } },
    status: { observedGeneration: 1, replicas: 1 },
  });
  return server;
}

/** Marks a workload's pods as up and ready. */
export function becomeReady(server: FakeApiServer, resource: string, name: string): void {
  const workload = server.get(resource, 'monitoring', name);
  if (!workload) throw new Error(`no ${resource} ${name}`);
  const status = rolledOut(workload.metadata.generation ?? 1);
  server.put(resource, { ...workload, status });
}

/** The pod-template annotations of a workload. */
export function templateAnnotations(
  server: FakeApiServer,
  resource: string,
  name: string,
): Record<string, string> {
  const spec = server.get(resource, 'monitoring', name)?.spec as {
    template: { metadata?: { annotations?: Record<string, string> } };
  };
  return spec.template.metadata?.annotations ?? {};
}

/** A client as the controller makes it, which waits 2 s at most. */
export function clientOf(server: FakeApiServer): KubeClient {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeConfigFile);
  return new KubeClient({ kubeConfig, timeoutMs: 2_000 });
}

/** A controller of its own, talking to the server over a real socket. */
export class TestController {
  readonly metrics = new ControllerMetrics();
  readonly log: { level: string; msg: string; [field: string]: unknown }[] = [];
  readonly kube: KubeClient;
  private readonly reconciler: Reconciler;

  constructor(
    readonly server: FakeApiServer,
    readonly clock: Clock,
    generateKey: GenerateKey,
    wrap: (kube: Kube) => Kube = (kube) => kube,
  ) {
    this.kube = clientOf(server);
    const write = (line: string): void => {
      this.log.push(JSON.parse(line) as (typeof this.log)[number]);
    };
    this.reconciler = new Reconciler({
      kube: wrap(this.kube),
      clock,
      logger: createLogger('test', 'info', { write }),
      metrics: this.metrics,
      generateKey,
      component: 'certificate-controller',
    });
  }

  pass(plan: CertificatePlan): Promise<PassOutcome> {
    return this.reconciler.pass(plan);
  }

  /** Passes until one changes nothing; fails the test when that takes too many. */
  async converge(plan: CertificatePlan): Promise<PassOutcome> {
    for (let count = 0; count < 30; count += 1) {
      const before = this.server.writes.length;
      const outcome = await this.pass(plan);
      if (!outcome.again && this.server.writes.length === before) return outcome;
    }
    throw new Error('does not converge');
  }

  /** The value of one metric, or undefined when it has no such series. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
    const { values } = (await this.metrics.registry.getSingleMetric(name)?.get()) ?? { values: [] };
    const wanted = Object.entries(labels);
    const match = values.find((one) => wanted.every(([key, value]) => one.labels[key] === value));
    return match?.value;
  }
}

export function secretOf(server: FakeApiServer, namespace: string, name: string): Secret {
  const secret = server.get('secrets', namespace, name);
  if (!secret) throw new Error(`no Secret ${namespace}/${name}`);
  return secret;
}

export function authoritySecret(server: FakeApiServer): Secret {
  return secretOf(server, 'vigil-system', 'vigil-ca');
}

/** Certificate, key and bundle of a leaf as its Secret holds them. */
export interface MountedLeaf {
  readonly chain: X509Certificate[];
  readonly anchors: X509Certificate[];
  readonly key: string;
}

export function mounted(secret: Secret): MountedLeaf {
  return {
    chain: parseChain(secretValue(secret, 'tls.crt')),
    anchors: parseChain(secretValue(secret, 'ca.crt')),
    key: secretValue(secret, 'tls.key'),
  };
}

/** Whether a peer that mounts `verifier` accepts the certificate that `shown` mounts. */
export function accepts(verifier: MountedLeaf, shown: MountedLeaf): boolean {
  return verifier.anchors.some((anchor) => chainsTo(shown.chain, anchor));
}

/** Every leaf is there, belongs to its key, and is accepted by every other. */
export function expectConsistent(server: FakeApiServer, plan: CertificatePlan): void {
  const leaves = plan.leaves.map(({ namespace, secret }) =>
    mounted(secretOf(server, namespace, secret)),
  );
  const [anchor] = parseChain(secretValue(authoritySecret(server), 'ca.crt')).slice(-1);
  for (const one of leaves) {
    expect(one.chain[0]?.checkPrivateKey(createPrivateKey(one.key))).toBe(true);
    expect(chainsTo(one.chain, anchor as X509Certificate)).toBe(true);
    for (const other of leaves) expect(accepts(one, other)).toBe(true);
  }
}
