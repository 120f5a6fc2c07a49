import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { userOf } from '../../constructs/kubernetes';
import type { Settings } from '../../constructs/settings';
import { buildTopology } from '../../constructs/topology';
import { auditPolicy } from './audit-policy';
import { mountPoints, startContainers } from './docker';
import { CliError, UsageError } from './errors';
import { createKindCluster, deleteKindCluster, kindKubeconfig, kindNodes } from './kind';
import { AUDIT_MOUNT, AUDIT_POLICY_FILE, kindConfig } from './kind-config';
import { KubeClient } from './kube-client';
import { internalAddress, listNodes, nameOf } from './nodes';
import { stateFolder } from './paths';
import { nodeImageProblem, refuse } from './preflight';
import type { Session } from './session';
import { CreationMarker } from './state';

/** A kind cluster of a name: none, one that `up` made, half of one, or somebody else's. */
export type KindState = 'absent' | 'ours' | 'half-made' | 'foreign';

export interface KindCluster {
  readonly state: KindState;
  readonly nodes: readonly string[];
}

/**
 * Finds the kind cluster of a name. Ours is one whose control-plane container has the mount that only `up` gives it,
 * which can be seen while the cluster does not run, too.
 */
export async function findKindCluster(name: string, signal: AbortSignal): Promise<KindCluster> {
  const nodes = await kindNodes(name, signal);
  const marker = new CreationMarker(stateFolder(), name);
  if (nodes.length === 0) return { state: 'absent', nodes };
  const mounts = await Promise.all(nodes.map((node) => mountPoints(node, signal)));
  const isOurs = mounts.flat().includes(AUDIT_MOUNT);
  // Containers are made side by side; a cluster of somebody else always has its control plane.
  const isHalfMade = isOurs || !nodes.some((node) => node.endsWith('-control-plane'));
  if (marker.isSet && isHalfMade) return { state: 'half-made', nodes };
  return { state: isOurs ? 'ours' : 'foreign', nodes };
}

export interface EnsureOptions {
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
  readonly note: (line: string) => void;
}

/**
 * The kind cluster of the settings: the one that is there, or a new one.
 *
 * @returns true when it was created now.
 * @throws CliError when the name is taken by a cluster that is not ours.
 */
export async function ensureKindCluster(
  settings: Settings,
  options: EnsureOptions,
): Promise<boolean> {
  const { name } = settings.cluster;
  const { signal, note } = options;
  const found = await findKindCluster(name, signal);
  switch (found.state) {
    case 'foreign':
      throw new CliError(
        `kind cluster '${name}' exists and was not made by Vigil; choose another cluster.name in vigil.config.ts, or install into it with --context kind-${name}`,
      );
    case 'ours':
      await startContainers([...found.nodes], signal);
      if (found.nodes.length !== settings.cluster.nodes)
        note(sizeNote(settings, found.nodes.length));
      return false;
    case 'half-made':
      note(
        `cluster '${name}' was left half-made by an interrupted run; deleting it and starting over`,
      );
      await deleteKindCluster(name, { signal });
      break;
    case 'absent':
  }
  await create(settings, options);
  return true;
}

function sizeNote({ cluster }: Settings, nodes: number): string {
  return `cluster '${cluster.name}' has ${nodes} node(s), the settings ask for ${cluster.nodes}: Vigil runs on what is there; \`vigil down\` and \`vigil up\` make it anew`;
}

async function create(settings: Settings, { signal, report }: EnsureOptions): Promise<void> {
  const { name, nodes } = settings.cluster;
  const nodeImage = process.env.VIGIL_NODE_IMAGE || settings.cluster.nodeImage;
  const problem = nodeImage ? await nodeImageProblem(nodeImage, signal, report) : undefined;
  refuse(problem ? [problem] : []);

  const auditFolder = join(stateFolder(), name);
  mkdirSync(auditFolder, { recursive: true });
  writeFileSync(join(auditFolder, AUDIT_POLICY_FILE), auditPolicyYaml(settings));
  const { auditLogFolder } = settings.alloy;
  const options = { name, nodes, nodeImage, auditFolder, auditLogFolder };
  const config = stringify(kindConfig(options), { lineWidth: 0 });
  const marker = new CreationMarker(stateFolder(), name);
  marker.set();
  await createKindCluster(name, config, { signal, onLine: (line) => report(withoutSigns(line)) });
  marker.clear();
}

function auditPolicyYaml(settings: Settings): string {
  const topology = buildTopology(settings);
  const policy = auditPolicy({
    certificateController: userOf(topology.component('certificateController')),
    prometheus: userOf(topology.component('prometheus')),
  });
  return stringify(policy, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** kind decorates its lines with pictures and a spinner. */
const withoutSigns = (line: string): string => line.replaceAll(/[^\x20-\x7e]/g, '').trim();

/** @throws CommandError when there is no such cluster. */
export async function kindKubeConfig(name: string, signal: AbortSignal): Promise<KubeConfig> {
  const config = new KubeConfig();
  config.loadFromString(await kindKubeconfig(name, signal));
  return config;
}

/**
 * The user's kubeconfig, set to a context.
 *
 * @throws UsageError when it has no such context.
 */
export function contextKubeConfig(context: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromDefault();
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new UsageError(
      `no context '${context}' in your kubeconfig; it has: ${names.join(', ') || 'none'}`,
    );
  }
  config.setCurrentContext(context);
  return config;
}

/** The cluster that a verb works on: `--context`, or the kind cluster of the settings. */
export async function connect(
  settings: Settings,
  context: string | undefined,
  signal: AbortSignal,
): Promise<KubeConfig> {
  if (context !== undefined) return contextKubeConfig(context);
  const { name } = settings.cluster;
  const { state } = await findKindCluster(name, signal);
  if (state === 'ours') return kindKubeConfig(name, signal);
  throw new CliError(
    state === 'foreign'
      ? `kind cluster '${name}' was not made by Vigil; name it with --context kind-${name} if you mean it`
      : `there is no cluster '${name}'; \`vigil up\` creates it, --context names another`,
  );
}

/**
 * Works on the cluster of a context, or on the kind cluster of the settings, and lets go of it afterwards.
 *
 * @throws CliError when there is no such cluster.
 */
export async function withClient<T>(
  { signal }: Pick<Session, 'signal'>,
  settings: Settings,
  context: string | undefined,
  work: (client: KubeClient) => Promise<T>,
): Promise<T> {
  const client = new KubeClient(await connect(settings, context, signal), signal);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** Internal address by node name. */
export async function nodeAddresses(client: KubeClient): Promise<Record<string, string>> {
  const nodes = await listNodes(client);
  return Object.fromEntries(
    nodes.flatMap((node) => {
      const address = internalAddress(node);
      return address === undefined ? [] : [[nameOf(node), address]];
    }),
  );
}
