import { join } from 'node:path';
import { ownImages, type OwnImage, type Settings } from '../../constructs/settings';
import { buildImage, nodeImages, presentImages, removeNodeImages } from './docker';
import { kindNodes, loadImages } from './kind';
import { ROOT } from './paths';
import type { RolloutOptions } from './rollout';

type ImageOptions = Pick<RolloutOptions, 'signal' | 'report'>;

/** Images of our own that the manifests name: those that the settings replace are somebody else's to build. */
export function wantedImages({ images }: Pick<Settings, 'images'>): OwnImage[] {
  return ownImages().filter(({ key }) => images[key] === undefined);
}

/** Builds what the container engine does not have. Tags are hashes of the sources, so what is there is current. */
export async function buildMissing(
  images: readonly OwnImage[],
  options: ImageOptions,
): Promise<string> {
  const tags = images.map(({ image }) => image);
  const present = await presentImages(tags, options.signal);
  const missing = images.filter(({ image }) => !present.has(image));
  if (missing.length === 0) return `${tags.length} already built`;
  options.report('bundling services');
  const { buildServices } = await import('../../services/build');
  await buildServices();
  for (const { service, image } of missing) {
    options.report(`docker build ${service}`);
    await buildImage(join(ROOT, 'build', service), image, { signal: options.signal });
  }
  return `${missing.length} built`;
}

/** Loads into each node of a kind cluster what it lacks. */
export async function loadMissing(
  images: readonly OwnImage[],
  cluster: string,
  options: ImageOptions,
): Promise<string> {
  const tags = images.map(({ image }) => image);
  const nodes = await kindNodes(cluster, options.signal);
  const lacking = await Promise.all(
    nodes.map(async (node) => {
      const present = new Set(await nodeImages(node, options.signal));
      return { node, tags: tags.filter((tag) => !present.has(tag)) };
    }),
  );
  const targets = lacking.filter((each) => each.tags.length > 0);
  if (targets.length === 0) return 'on every node already';
  const missing = tags.filter((tag) => targets.some((each) => each.tags.includes(tag)));
  const names = targets.map(({ node }) => node);
  options.report(`${missing.length} image(s) into ${names.length} node(s)`);
  await loadImages(cluster, missing, names, { signal: options.signal });
  return `${missing.length} into ${names.length} node(s)`;
}

/** Removes earlier builds of our images from the nodes. Call it when nothing runs them any more. */
export async function removeOutdated(
  images: readonly OwnImage[],
  cluster: string,
  signal: AbortSignal,
): Promise<void> {
  const nodes = await kindNodes(cluster, signal);
  const current = new Set(images.map(({ image }) => image));
  const prefix = 'vigil.local/';
  await Promise.all(
    nodes.map(async (node) => {
      const present = await nodeImages(node, signal);
      const outdated = present.filter((image) => image.startsWith(prefix) && !current.has(image));
      if (outdated.length > 0) await removeNodeImages(node, outdated, signal);
    }),
  );
}

/** Commands that bring our images to a cluster of which we know only its API. */
export function publishCommands(images: readonly OwnImage[]): string[] {
  return [
    'npm run build',
    ...images.flatMap(({ service, image }) => [
      `docker build --tag ${image} ${join('build', service)}`,
      `docker tag ${image} REGISTRY/${image.replace(/^[^/]*\//, '')} && docker push REGISTRY/${image.replace(/^[^/]*\//, '')}`,
    ]),
  ];
}
