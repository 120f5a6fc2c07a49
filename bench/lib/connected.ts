import { store } from '../../cli/lib/alerts-credentials';
import { KubeClient } from '../../cli/lib/kube-client';
import { bringSecrets } from '../../cli/lib/kubelet';
import { stationsOf } from '../../cli/lib/station';
import { receiverSettings, startReceivers } from './receivers';
import { until, type Stack } from './cluster';

/** Seconds in which kubelet brings a changed Secret to a pod, at the latest. */
const PATIENCE = 180;

/**
 * Does some work while the alert-router's destinations are receivers on this machine; they are parked again afterwards.
 * Only where the settings are those of bench/lib/vigil.config.ts: others have receivers of their own.
 */
export async function withReceivers<T>(stack: Stack, work: () => Promise<T>): Promise<T> {
  const { client, settings, topology } = stack;
  if (settings.alertRouter.authorities !== receiverSettings().authorities) return work();
  const receivers = await startReceivers();
  const names = Object.keys(receivers.credentials);
  const give = async (
    to: KubeClient,
    credentialOf: (name: string) => string | null,
  ): Promise<void> => {
    for (const name of names) await store(to, name, credentialOf(name));
    await bringSecrets(to, topology.component('alertRouter'));
  };
  // They are taken away after an interruption, too.
  const cleaner = new KubeClient(client.kubeConfig, new AbortController().signal);
  try {
    await give(client, (name) => receivers.credentials[name] ?? null);
    await untilConnected(stack);
    return await work();
  } finally {
    await give(cleaner, () => null).finally(receivers.close);
    cleaner.close();
  }
}

async function untilConnected({ client, signal }: Stack): Promise<void> {
  const { router } = stationsOf(client, signal);
  try {
    await until('no destination is parked', PATIENCE, signal, async () => {
      const { destinations } = await router.ask((api) => api.status());
      return destinations.every(({ state }) => state !== 'parked');
    });
  } finally {
    router.close();
  }
}
