import { listNodes, nameOf } from '../../nodes';
import { isReady } from '../../readiness';
import { NotHere, type Drill } from '../drill';
import { ensureNamespace, removePods, startPod } from '../pods';

const NAME = 'traffic';
const PORT = 9000;

/** Times the bound, so that the average is above it after that part of its window. */
const HASTE = 4;

/** Sends to whoever connects, a tenth of `RATE` bytes each 100 ms, as far as the other end takes it. */
const SENDER = `
const chunk = Buffer.alloc(Number(process.env.RATE) / 10);
require('node:net').createServer((socket) => {
  const timer = setInterval(() => socket.writableNeedDrain || socket.write(chunk), 100);
  socket.on('error', () => {}).on('close', () => clearInterval(timer));
}).listen(${PORT});
`;

const RECEIVER = `require('node:net').connect(${PORT}, process.env.SENDER).resume();`;

/** Two pods on different nodes, one of which sends the other more than a node should. */
export const traffic: Drill = {
  name: NAME,
  summary: 'a pod sends much to a pod on another node',
  alert: 'NodeTrafficHigh',
  window: ({ rangeSeconds }) => ({ firing: rangeSeconds / HASTE, resolved: rangeSeconds }),
  prepare: async (scene) => {
    const { spareNode, settings, client } = scene;
    const nodes = (await listNodes(client)).filter(isReady).map(nameOf);
    const [from, to] = nodes.filter((name) => name !== spareNode);
    if (from === undefined || to === undefined) {
      throw new NotHere('it takes two nodes that are not to be stopped');
    }
    await ensureNamespace(scene);
    const bound = settings.thresholds.nodes.traffic;
    const pod = `${NAME}-${scene.run}`;
    const sender = await startPod(scene, {
      drill: NAME,
      name: `${pod}-sender`,
      node: from,
      command: ['node', '-e', SENDER],
      container: { env: [{ name: 'RATE', value: String(HASTE * bound) }] },
    });
    const address = sender.status?.podIP ?? '';
    return {
      labels: { node: to, does: 'receives' },
      evidence: { promql: `node:node_network_receive_bytes:rate{node="${to}"} > ${bound}` },
      cause: async () => {
        await startPod(scene, {
          drill: NAME,
          name: `${pod}-receiver`,
          node: to,
          command: ['node', '-e', RECEIVER],
          container: { env: [{ name: 'SENDER', value: address }] },
        });
        return Date.now();
      },
    };
  },
  restore: removePods(NAME),
};
