import net from 'node:net';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { SubjectAltNames } from '../../shared/subject-alt-names';
import { ConflictError, type Kube, type KubeNode, type SigningRequest } from './kube';
import { parseSigningRequest, type ParsedRequest } from './signing-request';

const SIGNER = 'kubernetes.io/kubelet-serving';
const USER_PREFIX = 'system:node:';
const NODES_GROUP = 'system:nodes';
const ALLOWED_USAGES: readonly string[] = ['digital signature', 'key encipherment', 'server auth'];
const COMMON_NAME_OID = '2.5.4.3';
const ORGANIZATION_OID = '2.5.4.10';

/** Why a request is left pending; also a metric's label, so the list is closed. */
export type CsrRefusal =
  | 'signer'
  | 'requester'
  | 'usages'
  | 'malformed'
  | 'subject'
  | 'extensions'
  | 'names'
  | 'unknown-node'
  | 'foreign-name';

/**
 * Whether a request for a kubelet's serving certificate may be approved: undefined, or why not.
 * The requester must be the node itself, and may only ask for names and addresses that the API
 * server already knows as this node's.
 * @param node the node that the requester says to be, as the API server knows it
 */
export function csrRefusal(
  request: SigningRequest,
  node: KubeNode | undefined,
): CsrRefusal | undefined {
  const { signerName, usages = [] } = request.spec;
  if (signerName !== SIGNER) return 'signer';
  const nodeName = requestingNode(request);
  if (nodeName === undefined) return 'requester';
  const known = usages.every((usage) => ALLOWED_USAGES.includes(usage));
  if (!known || !usages.includes('server auth')) return 'usages';
  let parsed: ParsedRequest;
  try {
    parsed = parseSigningRequest(Buffer.from(request.spec.request, 'base64').toString('utf8'));
  } catch {
    return 'malformed';
  }
  return contentRefusal(parsed, nodeName, node);
}

function contentRefusal(
  { subject, otherExtensions, names }: ParsedRequest,
  nodeName: string,
  node: KubeNode | undefined,
): CsrRefusal | undefined {
  const wanted = [
    `${ORGANIZATION_OID}=${NODES_GROUP}`,
    `${COMMON_NAME_OID}=${USER_PREFIX}${nodeName}`,
  ];
  const found = subject.map(([oid, value]) => `${oid}=${value}`);
  if (found.sort().join() !== wanted.sort().join()) return 'subject';
  if (otherExtensions) return 'extensions';
  if (names.uris.length + names.others > 0) return 'names';
  if (names.dns.length + names.ips.length === 0) return 'names';
  if (node?.metadata.name !== nodeName) return 'unknown-node';
  return namesBelongTo(node, names) ? undefined : 'foreign-name';
}

/** The node that a request comes from by its authenticated user, or undefined. */
export function requestingNode({ spec }: SigningRequest): string | undefined {
  const { username = '', groups = [] } = spec;
  if (!username.startsWith(USER_PREFIX) || !groups.includes(NODES_GROUP)) return undefined;
  return username.slice(USER_PREFIX.length) || undefined;
}

/** Approves what is in order and leaves the rest pending: a later look may find it in order. */
export class KubeletCsrApprover {
  /** What was already logged about pending requests. */
  private reported = new Set<string>();

  constructor(
    private readonly kube: Kube,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Looks at every undecided request once; returns one result for each. */
  async pass(): Promise<(CsrRefusal | 'approved')[]> {
    const requests = (await this.kube.listKubeletServingRequests()).filter(isUndecided);
    const results: (CsrRefusal | 'approved')[] = [];
    const stillPending = new Set<string>();
    for (const request of requests) {
      const nodeName = requestingNode(request);
      const node = nodeName === undefined ? undefined : await this.kube.getNode(nodeName);
      const refusal = csrRefusal(request, node);
      results.push(refusal ?? 'approved');
      if (refusal) stillPending.add(this.report(request, refusal));
      else await this.approve(request);
    }
    this.reported = stillPending;
    return results;
  }

  private async approve(request: SigningRequest): Promise<void> {
    const approved = {
      type: 'Approved',
      status: 'True',
      reason: 'VerifiedByVigil',
      message: 'Requested by the node itself, for its own names and addresses only.',
      lastUpdateTime: this.clock.now(),
    };
    const conditions = [...(request.status?.conditions ?? []), approved];
    try {
      await this.kube.approve({ ...request, status: { ...request.status, conditions } });
    } catch (error) {
      // Approved by a copy of the controller, or gone: the next pass sees which.
      if (error instanceof ConflictError) return;
      throw error;
    }
    const { username } = request.spec;
    this.logger.info({ request: request.metadata.name, username }, 'approved kubelet certificate');
  }

  /** Logs once for each request and reason. */
  private report({ metadata, spec }: SigningRequest, refusal: CsrRefusal): string {
    const id = `${metadata.uid ?? metadata.name} ${refusal}`;
    if (!this.reported.has(id)) {
      const fields = { request: metadata.name, username: spec.username, reason: refusal };
      this.logger.warn(fields, 'kubelet certificate left pending');
    }
    return id;
  }
}

function isUndecided({ status }: SigningRequest): boolean {
  return !status?.certificate && (status?.conditions ?? []).length === 0;
}

function namesBelongTo({ status }: KubeNode, { dns, ips }: SubjectAltNames): boolean {
  const addresses = status?.addresses ?? [];
  const ofType = (suffix: string): string[] =>
    addresses.filter(({ type }) => type.endsWith(suffix)).map(({ address }) => address);
  const hostNames = [...ofType('Hostname'), ...ofType('DNS')];
  const nodeIps = new net.BlockList();
  for (const address of ofType('IP')) {
    const family = net.isIP(address);
    if (family !== 0) nodeIps.addAddress(address, family === 6 ? 'ipv6' : 'ipv4');
  }
  return (
    dns.every((name) => hostNames.includes(name)) &&
    ips.every((raw) => {
      const family = raw.length === 16 ? 'ipv6' : 'ipv4';
      const text = formatIp(raw);
      return net.isIP(text) !== 0 && nodeIps.check(text, family);
    })
  );
}

/** Text form of an IPv4 or IPv6 address; of any other length, something that is no address. */
function formatIp(raw: Buffer): string {
  if (raw.length === 4) return raw.join('.');
  return (raw.toString('hex').match(/.{4}/g) ?? []).join(':');
}
