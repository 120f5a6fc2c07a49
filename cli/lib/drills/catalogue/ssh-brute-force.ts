import { streams } from '../../../../constructs/loki/streams';
import { CommandError } from '../../exec';
import { listNodes, nameOf } from '../../nodes';
import { isReady } from '../../readiness';
import { NotHere, type Drill, type Scene } from '../drill';
import { isKindContainer, onContainer } from '../nodes';

/** Passwords that one connection is asked for. */
const PROMPTS = 3;

/** Someone who guesses passwords of a node: a real client at a real server, on the node itself. */
export const sshBruteForce: Drill = {
  name: 'ssh-brute-force',
  summary: "wrong passwords are tried at a node's own sshd",
  alert: 'SshBruteForce',
  window: ({ rangeSeconds }) => ({ resolved: rangeSeconds }),
  prepare: async (scene) => {
    const node = await nodeWithSsh(scene);
    const user = `drill-${scene.run}`;
    const attempts = scene.settings.thresholds.logs.failedSshLogins + PROMPTS;
    const connections = Math.ceil(attempts / PROMPTS);
    return {
      labels: { node },
      evidence: { logql: `${streams('journal', { node })} |= "${user}"` },
      cause: async () => {
        const at = Date.now();
        // Side by side, for a server takes its time to refuse a password.
        await Promise.all(Array.from({ length: connections }, () => guess(scene, node, user)));
        return at;
      },
    };
  },
};

/** @throws NotHere when there is none that we can get at. */
async function nodeWithSsh(scene: Scene): Promise<string> {
  const { signal, spareNode } = scene;
  const nodes = (await listNodes(scene.client)).filter(
    (node) => isReady(node) && nameOf(node) !== spareNode,
  );
  for (const node of nodes) {
    if ((await isKindContainer(node, signal)) && (await hasSsh(nameOf(node), signal))) {
      return nameOf(node);
    }
  }
  throw new NotHere('no node is a kind container of this machine that runs sshd');
}

/** A server that listens on loopback, and a client. */
const hasSsh = (node: string, signal: AbortSignal): Promise<boolean> =>
  succeeds(node, ['sh', '-c', 'command -v ssh && pgrep -x sshd'], signal);

async function succeeds(node: string, args: string[], signal: AbortSignal): Promise<boolean> {
  try {
    await onContainer(node, args, signal);
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

/** `echo` answers the question for the password with the question, which is wrong. */
async function guess({ signal }: Scene, node: string, user: string): Promise<void> {
  const options = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'PreferredAuthentications=password',
    `NumberOfPasswordPrompts=${PROMPTS}`,
  ].flatMap((option) => ['-o', option]);
  const environment = ['SSH_ASKPASS=/bin/echo', 'SSH_ASKPASS_REQUIRE=force'];
  await succeeds(node, ['env', ...environment, 'ssh', ...options, `${user}@127.0.0.1`], signal);
}
