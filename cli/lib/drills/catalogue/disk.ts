import type { V1Pod } from '@kubernetes/client-node';
import { CliError } from '../../errors';
import type { KubeClient } from '../../kube-client';
import { listNodes, nameOf } from '../../nodes';
import { isReady } from '../../readiness';
import type { Drill, Scene } from '../drill';
import { DRILL_LABEL, ensureNamespace, KINDS, NAMESPACE, removeObjects, startPod } from '../pods';
import { fill } from '../fill';

const NAME = 'disk';
const SIZE_MIB = 16;
const FOLDER = '/volume';
/** Name of the volume in the pod that brings it along. */
const BROUGHT = 'volume-0';

/** Seconds between two measurements of volumes by a kubelet that was told nothing else. */
const STATS_PERIOD = 60;

/**
 * A persistent volume that is almost full. That of a local-path provisioner has the size of the node's whole disk, so
 * this one is made of a file system in memory that kubelet mounts, with a size, for a pod which does nothing else: a
 * claim like any other to kubelet, and nothing of the node is filled.
 */
export const disk: Drill = {
  name: NAME,
  summary: 'a persistent volume of 16 MiB, in memory, is filled',
  alert: 'VolumeFilling',
  window: async (_, scene) => {
    const seconds = await measuredWithin(scene);
    return { firing: seconds, resolved: seconds };
  },
  prepare: async (scene) => {
    await ensureNamespace(scene);
    const name = `${NAME}-${scene.run}`;
    const holder = await startPod(scene, {
      drill: NAME,
      name: `${name}-holder`,
      command: ['sleep', '86400'],
      volumes: { [FOLDER]: { emptyDir: { medium: 'Memory', sizeLimit: `${SIZE_MIB}Mi` } } },
    });
    await makeClaim(scene, name, holder);
    const labels = { namespace: NAMESPACE, persistentvolumeclaim: name };
    return {
      labels,
      evidence: {
        promql: `kubelet_volume_stats_used_bytes{namespace="${NAMESPACE}", persistentvolumeclaim="${name}"} > 0`,
      },
      cause: async () => {
        await startPod(scene, {
          drill: NAME,
          name,
          node: holder.spec?.nodeName ?? '',
          command: fill(FOLDER, SIZE_MIB, scene.settings.thresholds.containers.volume),
          volumes: { [FOLDER]: { persistentVolumeClaim: { claimName: name } } },
        });
        return Date.now();
      },
    };
  },
  // The pods go first: a volume in use does not go away.
  restore: (scene) => removeObjects(scene, NAME, [KINDS.pod, KINDS.claim, KINDS.volume]),
};

/** Seconds within which every kubelet measures its volumes: its period, with a jitter as long as itself. */
async function measuredWithin({ client, spareNode, signal }: Scene): Promise<number> {
  const nodes = (await listNodes(client)).filter(isReady).map(nameOf);
  const periods = await Promise.all(
    // One that another drill may have stopped does not answer, and looks ready for a while.
    nodes.filter((name) => name !== spareNode).map((name) => statsPeriod(client, name, signal)),
  );
  return 2 * Math.max(...periods);
}

/** What a kubelet says of itself; the default where it does not say, or may not be asked. */
async function statsPeriod(client: KubeClient, node: string, signal: AbortSignal): Promise<number> {
  try {
    const config = await client.get<KubeletConfig>(`/api/v1/nodes/${node}/proxy/configz`);
    return goSeconds(config?.kubeletconfig?.volumeStatsAggPeriod) ?? STATS_PERIOD;
  } catch (error) {
    if (!(error instanceof CliError) || signal.aborted) throw error;
    return STATS_PERIOD;
  }
}

interface KubeletConfig {
  readonly kubeletconfig?: { readonly volumeStatsAggPeriod?: string };
}

/** Seconds of a duration as Go writes it, such as `1m30s`. */
function goSeconds(text: string | undefined): number | undefined {
  const [, hours = 0, minutes = 0, seconds = 0] =
    /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text ?? '') ?? [];
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) || undefined;
}

/** A volume of what a pod brought along, and a claim that is bound to it. */
async function makeClaim({ client }: Scene, name: string, holder: V1Pod): Promise<void> {
  const labels = { [DRILL_LABEL]: NAME };
  const capacity = { storage: `${SIZE_MIB}Mi` };
  const accessModes = ['ReadWriteOnce'];
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${NAMESPACE}-${name}`, labels },
    spec: {
      capacity,
      accessModes,
      storageClassName: '',
      persistentVolumeReclaimPolicy: 'Retain',
      claimRef: { namespace: NAMESPACE, name },
      local: {
        path: `/var/lib/kubelet/pods/${holder.metadata?.uid}/volumes/kubernetes.io~empty-dir/${BROUGHT}`,
      },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchFields: [
                { key: 'metadata.name', operator: 'In', values: [holder.spec?.nodeName] },
              ],
            },
          ],
        },
      },
    },
  };
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      accessModes,
      storageClassName: '',
      volumeName: volume.metadata.name,
      resources: { requests: capacity },
    },
  };
  await client.apply(volume);
  await client.apply(claim);
}
