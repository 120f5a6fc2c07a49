import { KubeConfig } from '@kubernetes/client-node';
import { ConfigError } from '../../shared/environment';

/**
 * Finds the API server as every Kubernetes client does: KUBECONFIG, `~/.kube/config`, or the
 * service account that a pod mounts.
 * @throws ConfigError when there is none, or when its certificate would not be verified
 */
export function loadKubeConfig(): KubeConfig {
  const kubeConfig = new KubeConfig();
  try {
    kubeConfig.loadFromDefault();
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    throw new ConfigError(`cannot read the kubeconfig: ${reason}`);
  }
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster) throw new ConfigError('the kubeconfig has no cluster for its current-context');
  const { server, skipTLSVerify, proxyUrl } = cluster;
  // Without any configuration client-node makes one up for http://localhost:8080.
  if (!server.startsWith('https://') || !URL.canParse(server)) {
    throw new ConfigError(
      `the API server's address is ${server}, and must be https://<host>:<port>: it comes from ` +
        'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT in a pod, from KUBECONFIG elsewhere',
    );
  }
  const refused = skipTLSVerify ? 'insecure-skip-tls-verify' : proxyUrl && 'proxy-url';
  if (refused) throw new ConfigError(`the kubeconfig has ${refused}, which must be left out`);
  return kubeConfig;
}
