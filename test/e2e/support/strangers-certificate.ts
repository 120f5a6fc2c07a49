import type { KubeClient } from '../../../cli/lib/kube-client';
import { readSecret } from '../../../cli/lib/technician';
import { AUTHORITY, type PlannedLeaf } from '../../../constructs/topology';
import {
  generateRsaKey,
  issueLeaf,
  type Issued,
} from '../../../services/certificate-controller/src/issue';
import { parseSigner } from '../../../services/certificate-controller/src/signer';

const stranger: PlannedLeaf = {
  component: 'stranger',
  namespace: 'default',
  secret: 'stranger-tls',
  commonName: 'stranger.default.svc',
  dnsNames: ['stranger.default.svc'],
  uris: ['spiffe://vigil/ns/default/sa/stranger'],
  usages: ['serverAuth', 'clientAuth'],
};

/** A certificate of nobody whom the topology knows. */
export const strangerSignedBy = ({ certificate, key }: Issued): Promise<Issued> =>
  issueLeaf(
    {
      leaf: stranger,
      lifetimeSeconds: 3600,
      signer: parseSigner(certificate, key),
      now: new Date(),
    },
    generateRsaKey,
  );

/** The cluster's own authority, with its key. */
export async function ourAuthority(client: KubeClient): Promise<Issued> {
  const secret = await readSecret(client, AUTHORITY.namespace, AUTHORITY.secret);
  return { certificate: secret?.['ca.crt'] ?? '', key: secret?.['ca.key'] ?? '' };
}
