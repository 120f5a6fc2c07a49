import { upstreamImages, type ImageName } from './images';
import { ownImages } from './own-images';
import { defaultResources, type ContainerName, type Resources } from './resources';
import type { Settings } from './schema';

/** The image of every component: the pinned one, or the one that the settings put in its place. */
export function resolveImages(settings: Settings): Record<ImageName, string> {
  const own = Object.fromEntries(ownImages().map(({ key, image }) => [key, image]));
  return { ...upstreamImages, ...own, ...settings.images } as Record<ImageName, string>;
}

/** Requests and limits of every container: the default, field by field replaced by the settings. */
export function resolveResources(settings: Settings): Record<ContainerName, Resources> {
  return Object.fromEntries(
    Object.entries(defaultResources).map(([name, defaults]) => [
      name,
      { ...defaults, ...settings.resources[name as ContainerName] },
    ]),
  ) as Record<ContainerName, Resources>;
}
