import { technicianLeaf } from '../../constructs/topology';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';

/** The technician's credentials, as PEM. */
export interface Technician {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

interface RawSecret {
  readonly data?: Readonly<Record<string, string>>;
}

/** The decoded values of a Secret; undefined when there is no such Secret. */
export async function readSecret(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const secret = await client.get<RawSecret>(`/api/v1/namespaces/${namespace}/secrets/${name}`);
  if (!secret) return undefined;
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString('utf8'),
    ]),
  );
}

/**
 * Reads the technician's certificate, which opens every door that people may use.
 *
 * @throws CliError when it was not issued yet.
 */
export async function readTechnician(client: KubeClient): Promise<Technician> {
  const secret = await readSecret(client, technicianLeaf.namespace, technicianLeaf.secret);
  const { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca } = secret ?? {};
  if (!cert || !key || !ca) {
    throw new CliError(
      `Secret ${technicianLeaf.namespace}/${technicianLeaf.secret} holds no certificate yet; see \`vigil status\`, and run \`vigil up\` if nothing is installed`,
    );
  }
  return { cert, key, ca };
}
