import { selectorOf } from '../../../../constructs/kubernetes/labels';
import { EXPIRY_JOB } from '../../../../constructs/prometheus/scrape-jobs';
import { TRUST_DOMAIN, type Component } from '../../../../constructs/topology';
import {
  generateRsaKey,
  issueLeaf,
  issueRoot,
  type Issued,
} from '../../../../services/certificate-controller/src/issue';
import { parseSigner } from '../../../../services/certificate-controller/src/signer';
import type { Drill, Scene } from '../drill';
import { exporterDown } from './exporter-down';
import { KINDS, removeObjects, startPod } from '../pods';

const NAME = 'certificate';
const LIFETIME_SECONDS = 86_400;

/** Shakes hands as whoever it is told to be. */
const SERVER = `
const { CERTIFICATE: cert, KEY: key, PORT: port } = process.env;
require('node:tls').createServer({ cert, key }, (socket) => socket.on('error', () => {}).end())
  .on('tlsClientError', () => {}).listen(port);
`;

/**
 * An impostor: a pod with Apache's labels whose certificate has the right names and was issued by someone else. It is
 * never ready, so that the Service leads nobody to it. A wrong certificate in Apache's own Secret would prove nothing:
 * the certificate-controller replaces it before kubelet has brought it to the pod.
 */
export const certificate: Drill = {
  name: NAME,
  summary: 'a pod calls itself Apache and shows a certificate of someone else',
  alert: 'CertificateForeignIssuer',
  // Which stops whoever looks at certificates.
  after: [exporterDown.name],
  prepare: async (scene) => {
    const apache = scene.topology.component('apache');
    const { certificate: cert, key } = await forged(scene, apache);
    const pod = `${NAME}-${scene.run}`;
    const { namespace } = apache;
    const port = apache.ports.web ?? 0;
    return {
      labels: { namespace, pod },
      evidence: { promql: `probe_success{job="${EXPIRY_JOB}", pod="${pod}"} == 0` },
      cause: async () => {
        await startPod(scene, {
          drill: NAME,
          name: pod,
          namespace,
          labels: selectorOf(apache),
          command: ['node', '-e', SERVER],
          container: {
            env: [
              { name: 'CERTIFICATE', value: cert },
              { name: 'KEY', value: key },
              { name: 'PORT', value: String(port) },
            ],
            ports: [{ containerPort: port }],
            readinessProbe: { exec: { command: ['false'] }, periodSeconds: 3600 },
          },
        });
        return Date.now();
      },
    };
  },
  restore: (scene) =>
    removeObjects(scene, NAME, [KINDS.pod], scene.topology.component('apache').namespace),
};

/** The leaf that is planned for a component, issued by a root that nobody trusts. */
async function forged({ topology }: Scene, component: Component): Promise<Issued> {
  const leaf = topology.plan.leaves.find(({ secret }) => secret === component.tlsSecret);
  if (!leaf) throw new Error(`no certificate is planned for ${component.name}`);
  const request = { lifetimeSeconds: LIFETIME_SECONDS, now: new Date() };
  const root = await issueRoot({ ...request, trustDomain: TRUST_DOMAIN }, generateRsaKey);
  const signer = parseSigner(root.certificate, root.key);
  return issueLeaf({ ...request, leaf, signer }, generateRsaKey);
}
