import { BlockList, isIPv6 } from 'node:net';
import { engine, engineState, presentImages, pullImage, type EngineState } from './docker';
import { CliError } from './errors';
import { CommandError } from './exec';
import { hasKind } from './kind';
import { currentSystem, installation, type System } from './system';

/** Something that stands in the way, and what to do about it: one line. */
export interface Problem {
  readonly what: string;
  readonly cure: string;
}

/** @throws CliError with one line for each problem, if there is any. */
export function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new CliError(problems.map(({ what, cure }) => `${what}; ${cure}`).join('\n'));
}

/** What is missing on this machine for a kind cluster. */
export async function findMissingTools(signal?: AbortSignal): Promise<Problem[]> {
  const [state, kind] = await Promise.all([engineState(signal), hasKind(signal)]);
  const system = currentSystem();
  return [engineProblem(state, system), kind ? undefined : kindProblem(system)].filter(
    (problem) => problem !== undefined,
  );
}

function kindProblem(system: System): Problem {
  return { what: 'kind is not installed', cure: `to install it: ${installation(system).kind}` };
}

/** What to do about a container engine in this state; undefined when there is nothing to do. */
export function engineProblem(state: EngineState, system: System): Problem | undefined {
  const name = engine();
  switch (state) {
    case 'ready':
      return undefined;
    case 'missing':
      return {
        what: `no container engine: ${name} is not installed`,
        cure: `to install it: ${installation(system).engine}`,
      };
    case 'stopped':
      return {
        what: `the ${name} daemon is not running`,
        cure: `start it: ${startCommand(system)}`,
      };
    case 'denied':
      return {
        what: `you have no permission to use ${name}`,
        cure: 'join its group and log in again: sudo usermod -aG docker "$USER"',
      };
  }
}

function startCommand(system: System): string {
  if (system === 'macos') return 'open -a Docker';
  return system === 'windows' ? 'start Docker Desktop' : 'sudo systemctl start docker';
}

/** A node image that is given must be here, or in a registry that can be reached. */
export async function nodeImageProblem(
  image: string,
  signal: AbortSignal,
  report: (line: string) => void,
): Promise<Problem | undefined> {
  if ((await presentImages([image], signal)).has(image)) return undefined;
  report(`pulling ${image}`);
  try {
    await pullImage(image, { signal });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return {
      what: `node image ${image} is not on this machine and cannot be pulled`,
      cure: `load it (${engine()} load -i …) or name another in VIGIL_NODE_IMAGE or cluster.nodeImage`,
    };
  }
}

/**
 * Node addresses outside the networks that the NetworkPolicies let through: Prometheus could reach no kubelet. The
 * settings take IPv4 networks only, so that none holds an IPv6 address.
 *
 * @param addresses internal address by node name.
 */
export function nodeCidrProblems(
  addresses: Readonly<Record<string, string>>,
  cidrs: readonly string[],
): Problem[] {
  const networks = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', length = ''] = cidr.split('/');
    networks.addSubnet(network, Number(length));
  }
  const nodes = Object.entries(addresses);
  const unsupported = nodes.filter(([, address]) => isIPv6(address));
  const outside = nodes.filter(([, address]) => !isIPv6(address) && !networks.check(address));
  const problems: Problem[] = [];
  if (unsupported.length > 0) {
    problems.push({
      what: `nodes with an IPv6 address: ${listOf(unsupported)}`,
      cure: 'Vigil needs nodes whose internal address is IPv4 (the first one, where a node has two)',
    });
  }
  const [first] = outside;
  if (first) {
    problems.push({
      what: `nodes outside of cluster.nodeCidrs (${cidrs.join(', ')}): ${listOf(outside)}`,
      cure: `add their network to cluster.nodeCidrs in vigil.config.ts, such as '${networkOf(first[1])}'`,
    });
  }
  return problems;
}

const listOf = (nodes: readonly (readonly [string, string])[]): string =>
  nodes.map(([node, address]) => `${node} (${address})`).join(', ');

/** The /16 of an IPv4 address, the size that container engines give a network. */
const networkOf = (address: string): string => `${address.split('.').slice(0, 2).join('.')}.0.0/16`;
