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
      { ...defaults, ...given(settings.resources[name as ContainerName] ?? {}) },
    ]),
  ) as Record<ContainerName, Resources>;
}

/** Without the fields that are there but undefined, which a spread would put in the place of a default. */
const given = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
