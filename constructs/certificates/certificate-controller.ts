import type { Construct } from 'constructs';
import { KubeSecret, type PolicyRule } from '../../imports/k8s';
import {
  ComponentChart,
  ConfigFiles,
  Workload,
  grantIn,
  grantInCluster,
  tcpProbe,
  type Context,
} from '../kubernetes';
import type { CertificatePlan, WorkloadRef } from '../topology';
import { restartsOnly } from './restarts-only';

const PLAN_DIRECTORY = '/etc/vigil/plan';

/** A Secret that the controller fills. */
type SecretRef = Pick<WorkloadRef, 'namespace' | 'name'>;

/**
 * The certificate-controller, its plan, and the Secrets that it fills. They are applied empty, and apply leaves alone
 * what it does not name, so that the manifests hold no secret.
 */
export class CertificateController extends ComponentChart {
  public constructor(scope: Construct, context: Context) {
    super(scope, context, 'certificateController');
    const { component } = this;
    const { plan } = context.topology;
    const port = component.ports.metrics ?? 0;
    const secrets = secretsOf(plan);
    for (const { namespace, name } of secrets) {
      new KubeSecret(this, `secret-${namespace}-${name}`, {
        metadata: { namespace, name },
        type: 'Opaque',
      });
    }
    const planFile = new ConfigFiles(this, {
      name: 'certificate-plan',
      mountPath: PLAN_DIRECTORY,
      files: { 'plan.json': `${JSON.stringify(plan, undefined, 2)}\n` },
      reloadsItself: true,
    });
    new Workload(this, {
      user: 1000,
      apiToken: true,
      recreate: true,
      mountsOwnTls: false,
      files: [planFile],
      containers: [
        {
          name: 'certificateController',
          env: [
            { name: 'VIGIL_PLAN_FILE', value: `${PLAN_DIRECTORY}/plan.json` },
            { name: 'VIGIL_COMPONENT', value: component.name },
            { name: 'VIGIL_METRICS_PORT', value: String(port) },
            {
              name: 'VIGIL_METRICS_CLIENTS',
              value: context.topology
                .clientsOf(component)
                .map(({ spiffeId }) => spiffeId)
                .join(','),
            },
          ],
          ports: component.ports,
          tls: false,
          readiness: tcpProbe(port, { periodSeconds: 5 }),
          mounts: [planFile.mount],
        },
      ],
    });
    this.grant(plan, secrets);
  }

  /** The Secrets of the plan and the workloads that it may restart, and only that, all by name: no list, no create. */
  private grant(plan: CertificatePlan, secrets: readonly SecretRef[]): void {
    const workloads = workloadsOf(plan);
    for (const namespace of new Set(secrets.map((secret) => secret.namespace))) {
      grantIn(this, this.component, namespace, [
        {
          apiGroups: [''],
          resources: ['secrets'],
          resourceNames: namesIn(namespace, secrets),
          verbs: ['get', 'update'],
        },
        { apiGroups: [''], resources: ['events'], verbs: ['create', 'get', 'update'] },
        ...restartRules(workloads.filter((workload) => workload.namespace === namespace)),
      ]);
    }
    restartsOnly(this, this.component, kindsOf(workloads).map(resourceOf));
    if (plan.approveKubeletServing) grantInCluster(this, this.component, kubeletServingRules);
  }
}

function secretsOf({ authority, leaves, passwords }: CertificatePlan): SecretRef[] {
  return [
    { namespace: authority.namespace, name: authority.secret },
    ...[...leaves, ...passwords].map(({ namespace, secret }) => ({ namespace, name: secret })),
  ];
}

function workloadsOf({ leaves, passwords }: CertificatePlan): WorkloadRef[] {
  const all = [
    ...leaves.map((leaf) => leaf.restartOnCaChange),
    ...passwords.map(({ restart }) => restart),
  ];
  const byName = new Map(
    all.flatMap((ref) => (ref ? [[`${ref.kind}/${ref.namespace}/${ref.name}`, ref]] : [])),
  );
  return [...byName.values()];
}

const namesIn = (namespace: string, refs: readonly SecretRef[]): string[] =>
  refs.filter((ref) => ref.namespace === namespace).map(({ name }) => name);

const kindsOf = (workloads: readonly WorkloadRef[]): WorkloadRef['kind'][] => [
  ...new Set(workloads.map(({ kind }) => kind)),
];

const resourceOf = (kind: WorkloadRef['kind']): string => `${kind.toLowerCase()}s`;

const restartRules = (workloads: readonly WorkloadRef[]): PolicyRule[] =>
  kindsOf(workloads).map((kind) => ({
    apiGroups: ['apps'],
    resources: [resourceOf(kind)],
    resourceNames: workloads.filter((workload) => workload.kind === kind).map(({ name }) => name),
    verbs: ['get', 'patch'],
  }));

/** Approving needs the right to approve for this one signer; the requests are checked against the nodes' addresses. */
const kubeletServingRules: PolicyRule[] = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
  {
    apiGroups: ['certificates.k8s.io'],
    resources: ['certificatesigningrequests'],
    verbs: ['list'],
  },
  {
    apiGroups: ['certificates.k8s.io'],
    resources: ['certificatesigningrequests/approval'],
    verbs: ['update'],
  },
  {
    apiGroups: ['certificates.k8s.io'],
    resources: ['signers'],
    resourceNames: ['kubernetes.io/kubelet-serving'],
    verbs: ['approve'],
  },
];
