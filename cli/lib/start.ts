import { KubeConfig } from '@kubernetes/client-node';
import { loadSettings } from '../../constructs/settings';
import { synthesize } from '../../constructs/synth';
import { publishCommands, wantedImages } from './images';
import { findMissingTools, type Problem } from './preflight';
import type { Session } from './session';
import { up } from './up';

/** Seconds that `start` gives rollout and proof, as `up` does by default. */
const TIMEOUT_S = 600;

/** Does as much as the machine allows: `up`, or a synthesised dist/ and what to do with it. */
export async function start(session: Session): Promise<void> {
  const problems = await findMissingTools(session.signal);
  if (problems.length === 0) return up(session, { timeout: TIMEOUT_S });

  const settings = loadSettings();
  const { files, objects } = synthesize(settings);
  const context = currentContext();
  const images = wantedImages(settings);
  const next =
    context === undefined ? installLines(problems) : applyLines(context, publishCommands(images));
  const written = `dist/ is synthesised: ${objects.length} objects in ${files.length} files.`;
  session.output.result([written, '', ...next].join('\n'), {
    ok: true,
    files: files.length,
    objects: objects.length,
    context: context ?? null,
    missing: problems,
    next,
  });
}

function installLines(problems: readonly Problem[]): string[] {
  return [
    'To run it, this machine needs a container engine and kind (or a kubeconfig of a cluster):',
    ...problems.map(({ what, cure }) => `  ${what}\n    ${cure}`),
    'Then run npm start again.',
  ];
}

function applyLines(context: string, imageCommands: readonly string[]): string[] {
  return [
    `There is a cluster (context ${context}). To install Vigil into it, first bring it our own images`,
    '(or name them in `images` of vigil.config.ts, if a registry has them already):',
    ...imageCommands.map((command) => `  ${command}`),
    'then either let vigil apply, wait and prove:',
    `  npx vigil up --context ${context}`,
    'or apply by hand:',
    '  kubectl apply --server-side -f dist/',
  ];
}

/** The current context of the user's kubeconfig, when there is one that leads to a cluster. */
function currentContext(): string | undefined {
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
  } catch {
    // A kubeconfig that cannot be read is as good as none here; `up --context` says what is wrong with it.
    return undefined;
  }
  // Without a kubeconfig client-node makes one up for http://localhost:8080.
  const name = config.getCurrentContext();
  return name === 'loaded-context' || !config.getCurrentCluster() ? undefined : name;
}
