export * from './errors';
export * from './images';
export * from './load';
export * from './own-images';
export * from './resolve';
export * from './resources';
export type { Settings, VigilConfig } from './schema';
export { settingsSchema } from './schema';
export { seconds } from './units';
