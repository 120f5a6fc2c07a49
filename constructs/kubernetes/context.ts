import {
  resolveImages,
  resolveResources,
  type ContainerName,
  type ImageName,
  type Resources,
  type Settings,
} from '../settings';
import { buildTopology, type Topology } from '../topology';

/** What every component is built from. */
export interface Context {
  readonly settings: Settings;
  readonly topology: Topology;
  readonly images: Readonly<Record<ImageName, string>>;
  readonly resources: Readonly<Record<ContainerName, Resources>>;
}

/** @throws Error when the topology contradicts itself. */
export const contextOf = (settings: Settings, topology = buildTopology(settings)): Context => ({
  settings,
  topology,
  images: resolveImages(settings),
  resources: resolveResources(settings),
});
