import { CliError } from './errors';
import { CommandError, run, type RunOptions } from './exec';

/** What kind 0.33 says when it cannot get the node image (pkg/cluster/internal/providers). */
const UNPULLED = /failed to pull image "([^"]+)"/;

/** False when there is no kind on the PATH. */
export async function hasKind(signal?: AbortSignal): Promise<boolean> {
  try {
    await run('kind', ['version'], { signal });
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** Names of the nodes (containers) of a cluster; empty when there is no such cluster. */
export async function kindNodes(name: string, signal?: AbortSignal): Promise<string[]> {
  const text = await run('kind', ['get', 'nodes', '--name', name], { signal });
  return text.split('\n').filter(Boolean).sort();
}

/** The administrator's kubeconfig of a cluster, as YAML. */
export const kindKubeconfig = (name: string, signal?: AbortSignal): Promise<string> =>
  run('kind', ['get', 'kubeconfig', '--name', name], { signal });

/**
 * Creates a cluster; also enters it into the user's kubeconfig, as everyone who knows kind expects.
 *
 * @throws CliError when the node image cannot be pulled; CommandError for everything else.
 */
export async function createKindCluster(
  name: string,
  config: string,
  options: RunOptions,
): Promise<void> {
  const args = ['create', 'cluster', '--name', name, '--config', '-'];
  try {
    await run('kind', args, { ...options, input: config });
  } catch (error) {
    const image = error instanceof CommandError && UNPULLED.exec(error.stderr)?.[1];
    if (!image) throw error;
    throw new CliError(
      `kind cannot pull ${image}; name a node image that this machine has or can reach: cluster.nodeImage in vigil.config.ts, or VIGIL_NODE_IMAGE`,
    );
  }
}

/** Deletes a cluster and takes it out of the user's kubeconfig. */
export async function deleteKindCluster(name: string, options: RunOptions): Promise<void> {
  await run('kind', ['delete', 'cluster', '--name', name], options);
}

/**
 * Copies images from the container engine into nodes. kind does it as fast as a pipe of our own would (8 s for one image
 * of 136 MB into three nodes), and knows what the containerd of its node image wants to be told.
 */
export async function loadImages(
  name: string,
  images: readonly string[],
  nodes: readonly string[],
  options: RunOptions,
): Promise<void> {
  const args = ['load', 'docker-image', ...images, '--name', name, '--nodes', nodes.join(',')];
  await run('kind', args, options);
}
