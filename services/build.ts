import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

const SERVICES_DIR = __dirname;
const BUILD_DIR = path.join(__dirname, '..', 'build');

/**
 * What client-node is made of besides typed calls: its own transport, exec, cp, proxies, sign-in by
 * OpenID. No service uses these, and loading them takes 10 MiB.
 */
const UNUSED_BY_CLIENT_NODE =
  /^(undici|isomorphic-ws|jsonpath-plus|tar-fs|stream-buffers|openid-client|socks|socks-proxy-agent|hpagent)$/;

/**
 * Bundles each service (a folder here with `src/main.ts`) into `build/<service>/main.js` and puts
 * its Dockerfile beside it: the whole context of an image.
 * @returns names of the services, in alphabetical order
 * @throws Error when a service does not compile
 */
export async function buildServices(): Promise<string[]> {
  const entries = await readdir(SERVICES_DIR, { withFileTypes: true });
  const services = entries
    .filter((entry) => entry.isDirectory() && existsSync(entryPoint(entry.name)))
    .map(({ name }) => name)
    .sort();
  await Promise.all(services.map(buildService));
  return services;
}

async function buildService(service: string): Promise<void> {
  const outdir = path.join(BUILD_DIR, service);
  await mkdir(outdir, { recursive: true });
  await build({
    entryPoints: [entryPoint(service)],
    outfile: path.join(outdir, 'main.js'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'error',
    plugins: [withoutUnused],
  });
  await copyFile(path.join(SERVICES_DIR, service, 'Dockerfile'), path.join(outdir, 'Dockerfile'));
}

const withoutUnused: Plugin = {
  name: 'without-unused',
  setup(bundle) {
    bundle.onResolve({ filter: UNUSED_BY_CLIENT_NODE }, ({ path: name, importer }) =>
      importer.includes('client-node') ? { path: name, namespace: 'unused' } : undefined,
    );
    bundle.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: 'module.exports = {};',
    }));
  },
};

function entryPoint(service: string): string {
  return path.join(SERVICES_DIR, service, 'src', 'main.ts');
}

async function main(): Promise<void> {
  for (const service of await buildServices()) process.stdout.write(`build/${service}\n`);
}

if (require.main === module) void main();
