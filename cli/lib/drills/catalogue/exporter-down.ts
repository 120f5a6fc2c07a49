import { poll } from '../../async';
import { CliError } from '../../errors';
import type { ObjectRef } from '../../kube-client';
import { workloadStatus, type RawWorkload } from '../../workloads';
import { NotHere, type Drill, type Scene } from '../drill';

const NAME = 'exporter-down';

/** What is stopped: the exporter whose silence hides the least. */
const EXPORTER = 'blackboxExporter';

/** Remembers on the Deployment itself how many pods it had, for a run that was killed cannot. */
const REPLICAS = 'vigil.local/drill-replicas';

type Deployment = RawWorkload & {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
};

/** An exporter that is gone, so that Prometheus has nothing left to ask. */
export const exporterDown: Drill = {
  name: NAME,
  summary: 'the blackbox exporter is scaled to nothing',
  alert: 'TargetMissing',
  disturbs: 'no certificate and no page is probed meanwhile',
  prepare: async (scene) => {
    const { ref, path } = deploymentOf(scene);
    const found = await scene.client.get<Deployment>(path);
    if (!found) throw new NotHere(`${ref.namespace}/${ref.name} is not installed`);
    const { replicas = 1 } = found.spec;
    if (replicas === 0) throw new NotHere(`${ref.namespace}/${ref.name} has no pods anyway`);
    const { name: job } = ref;
    return {
      labels: { job },
      evidence: { promql: `absent(up{job="${job}"})` },
      cause: async () => {
        await scene.client.merge(ref, {
          metadata: { annotations: { [REPLICAS]: String(replicas) } },
          spec: { replicas: 0 },
        });
        return Date.now();
      },
    };
  },
  restore: async (scene) => {
    const { client, signal, report } = scene;
    const { ref, path } = deploymentOf(scene);
    const found = await client.get<Deployment>(path);
    const replicas = found?.metadata.annotations?.[REPLICAS];
    if (replicas === undefined) return;
    await client.merge(ref, {
      metadata: { annotations: { [REPLICAS]: null } },
      spec: { replicas: Number(replicas) },
    });
    report(`waiting for ${ref.name}`);
    const isBack = async (): Promise<true | undefined> => {
      const now = await client.get<Deployment>(path);
      const status = now && workloadStatus('Deployment', now);
      return status?.isRolledOut && status.ready >= Number(replicas) ? true : undefined;
    };
    if (await poll(isBack, { signal, intervalMs: 500, timeoutMs: 60_000 })) return;
    throw new CliError(`${ref.namespace}/${ref.name} does not come back; see \`vigil status\``);
  },
};

function deploymentOf({ topology }: Scene): { ref: ObjectRef; path: string } {
  const { namespace, name } = topology.component(EXPORTER);
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
  return { ref: { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }, path };
}
