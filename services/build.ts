import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const SERVICES_DIR = __dirname;
const BUILD_DIR = path.join(__dirname, '..', 'build');

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
  await bundleService(service, path.join(outdir, 'main.js'));
  await copyFile(path.join(SERVICES_DIR, service, 'Dockerfile'), path.join(outdir, 'Dockerfile'));
}

/**
 * Bundles one service into one file that Node.js runs by itself.
 * @throws Error when it does not compile
 */
export async function bundleService(service: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entryPoint(service)],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    legalComments: 'none',
    logLevel: 'error',
  });
}

function entryPoint(service: string): string {
  return path.join(SERVICES_DIR, service, 'src', 'main.ts');
}

async function main(): Promise<void> {
  for (const service of await buildServices()) process.stdout.write(`build/${service}\n`);
}

if (require.main === module) void main();
