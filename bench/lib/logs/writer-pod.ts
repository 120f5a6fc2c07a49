import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Deployment, V1Namespace, V1Pod } from '@kubernetes/client-node';
import { CliError } from '../../../cli/lib/errors';
import { KubeClient } from '../../../cli/lib/kube-client';
import { streams } from '../../../constructs/loki/streams';
import { until, type Stack } from '../cluster';
import type { Expected } from './read';

export interface WriterSpec {
  readonly lines: number;
  readonly perSecond: number;
}

/** What the writer says at its end. */
export interface Written {
  readonly lines: number;
  readonly seconds: number;
}

/** Seconds that a pod may take to start, and to be seen as ended. */
const PATIENCE = 60;
const NAME = 'writer';

interface Place {
  readonly namespace: string;
  readonly node: string;
  /** Before its first line, in milliseconds since the Unix epoch. */
  readonly since: number;
}

/** A pod that writes numbered lines. */
export class WriterPod {
  public constructor(
    private readonly stack: Stack,
    private readonly spec: WriterSpec,
    private readonly place: Place,
  ) {}

  /** The node on which it runs. */
  public get node(): string {
    return this.place.node;
  }

  /** Its lines, as Loki should have them. */
  public get expected(): Expected {
    const { namespace, since } = this.place;
    return { expression: streams('container', { namespace }), lines: this.spec.lines, since };
  }

  /**
   * Waits until every line is written.
   *
   * @throws CliError when the writer breaks off.
   */
  public async finished(): Promise<Written> {
    const { lines, perSecond } = this.spec;
    let report: string | undefined;
    await until(
      'the writer has ended',
      lines / perSecond + PATIENCE,
      this.stack.signal,
      async () => {
        const pod = await readPod(this.stack.client, this.place.namespace);
        report = pod?.status?.containerStatuses?.[0]?.state?.terminated?.message;
        return ['Succeeded', 'Failed'].includes(pod?.status?.phase ?? '');
      },
    );
    if (report === undefined) throw new CliError('the writer broke off');
    return JSON.parse(report) as Written;
  }
}

/** Works while a pod in a namespace of its own writes; the namespace goes afterwards, whatever happens. */
export async function withWriter<T>(
  stack: Stack,
  spec: WriterSpec,
  work: (writer: WriterPod) => Promise<T>,
): Promise<T> {
  const namespace = `bench-logs-${randomBytes(3).toString('hex')}`;
  try {
    const since = Date.now();
    const node = await startPod(stack, namespace, spec);
    return await work(new WriterPod(stack, spec, { namespace, node, since }));
  } finally {
    await removeNamespace(stack, namespace);
  }
}

/** The node on which the pod was started. */
async function startPod(stack: Stack, namespace: string, spec: WriterSpec): Promise<string> {
  const { client, signal } = stack;
  const pod = writerPod(namespace, spec, {
    image: await imageWithNode(stack),
    command: await writerCommand(),
  });
  await client.apply(namespaceOf(namespace));
  let node = '';
  await until('the writer has started', PATIENCE, signal, async () => {
    // Refused until the namespace has its service account; a pod that is there stays as it is.
    await client.apply(pod);
    const { spec: found, status } = (await readPod(client, namespace)) ?? {};
    node = found?.nodeName ?? '';
    return status?.phase !== undefined && status.phase !== 'Pending';
  });
  return node;
}

/** Node.js with the writer's program, which it reads as TypeScript. */
export const writerCommand = async (): Promise<string[]> => [
  'node',
  '--input-type=module-typescript',
  '--eval',
  await readFile(join(__dirname, 'writer.ts'), 'utf8'),
];

/** The image that the sample-app runs from: it has Node.js, and the cluster has it. */
async function imageWithNode({ client, topology }: Stack): Promise<string> {
  const { namespace, name } = topology.component('sampleApp');
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  const [container] = (await client.get<V1Deployment>(path))?.spec?.template.spec?.containers ?? [];
  if (!container?.image) throw new CliError(`no Deployment ${namespace}/${name}; see \`vigil up\``);
  return container.image;
}

const readPod = (client: KubeClient, namespace: string): Promise<V1Pod | undefined> =>
  client.get<V1Pod>(`/api/v1/namespaces/${namespace}/pods/${NAME}`);

const namespaceOf = (name: string): V1Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
});

const writerPod = (
  namespace: string,
  { lines, perSecond }: WriterSpec,
  { image, command }: { readonly image: string; readonly command: string[] },
): V1Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: NAME, namespace, labels: { 'app.kubernetes.io/name': NAME } },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: NAME,
        image,
        imagePullPolicy: 'IfNotPresent',
        command,
        env: [
          { name: 'LINES', value: String(lines) },
          { name: 'LINES_PER_SECOND', value: String(perSecond) },
          // Where kubelet reads a container's last words.
          { name: 'REPORT_FILE', value: '/dev/termination-log' },
        ],
        // No limit of CPU: a throttled writer would measure itself.
        resources: { requests: { cpu: '50m', memory: '48Mi' }, limits: { memory: '128Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    ],
  },
});

/** With a client of its own: an interruption must not leave the namespace behind. */
async function removeNamespace({ client }: Stack, name: string): Promise<void> {
  const own = new KubeClient(client.kubeConfig, new AbortController().signal);
  try {
    await own.delete({ apiVersion: 'v1', kind: 'Namespace', name });
  } finally {
    own.close();
  }
}
