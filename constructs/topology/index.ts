import type { Settings } from '../settings';
import { model } from './flows';
import type { Model } from './model';
import { Topology } from './topology';

export * from './certificate-plan';
export { components } from './components';
export { PAGES, TECHNICIAN_DOORS, isPage } from './flows';
export * from './model';
export * from './topology';

/**
 * The topology of a stack with these settings.
 *
 * @throws Error naming the flow or component, when the model contradicts itself.
 */
export const buildTopology = (settings: Settings, rows: Model = model(settings)): Topology =>
  new Topology(settings, rows);
