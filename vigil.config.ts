import { defineConfig } from './constructs/settings';

export default defineConfig({});
