import { CommandError, run, type RunOptions } from './exec';

/** The container engine, chosen as kind chooses it. */
export const engine = (): string => process.env.KIND_EXPERIMENTAL_PROVIDER ?? 'docker';

export type EngineState = 'ready' | 'missing' | 'stopped' | 'denied';

/** Whether the engine can be used, and if not, why. */
export async function engineState(signal?: AbortSignal): Promise<EngineState> {
  try {
    // Asks the daemon, where `--version` asks only the client.
    await run(engine(), ['info', '--format', '{{.ID}}'], { signal });
    return 'ready';
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.notFound) return 'missing';
    return /permission denied/i.test(error.stderr) ? 'denied' : 'stopped';
  }
}

/** Which of the images the engine has. */
export async function presentImages(images: string[], signal?: AbortSignal): Promise<Set<string>> {
  const present = await Promise.all(images.map((image) => hasImage(image, signal)));
  return new Set(images.filter((_, index) => present[index]));
}

async function hasImage(image: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await run(engine(), ['image', 'inspect', '--format', '{{.Id}}', image], { signal });
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** @throws CommandError when the image is in no registry that the engine can reach. */
export async function pullImage(image: string, options: RunOptions): Promise<void> {
  await run(engine(), ['pull', '--quiet', image], options);
}

/** @throws CommandError */
export async function buildImage(
  folder: string,
  image: string,
  options: RunOptions,
): Promise<void> {
  await run(engine(), ['build', '--tag', image, folder], options);
}

/** Paths inside a container where something of this machine is mounted; undefined when there is no such container. */
export async function mountPoints(
  container: string,
  signal?: AbortSignal,
): Promise<string[] | undefined> {
  try {
    const format = '{{range .Mounts}}{{println .Destination}}{{end}}';
    const text = await run(engine(), ['inspect', '--format', format, container], { signal });
    return text.split('\n').filter(Boolean);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

/** Starts containers that were stopped; nothing happens to those that run. */
export async function startContainers(containers: string[], signal: AbortSignal): Promise<void> {
  await run(engine(), ['start', ...containers], { signal });
}

/** Ends a container at once, as if its power had failed. @throws CommandError when it does not run. */
export async function killContainer(container: string, signal: AbortSignal): Promise<void> {
  await run(engine(), ['kill', container], { signal });
}

/** Names of the images in a node's containerd. */
export async function nodeImages(node: string, signal: AbortSignal): Promise<string[]> {
  const args = ['exec', node, 'ctr', '--namespace', 'k8s.io', 'images', 'list', '--quiet'];
  return (await run(engine(), args, { signal })).split('\n').filter(Boolean);
}

/** Removes images from a node's containerd. */
export async function removeNodeImages(
  node: string,
  images: string[],
  signal: AbortSignal,
): Promise<void> {
  const args = ['exec', node, 'ctr', '--namespace', 'k8s.io', 'images', 'remove', ...images];
  await run(engine(), args, { signal });
}
