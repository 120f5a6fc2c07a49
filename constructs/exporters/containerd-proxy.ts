import type { Construct } from 'constructs';
import type { Volume } from '../../imports/k8s';
import {
  ConfigFiles,
  NGINX_TEMPORARY,
  NGINX_TURNED_AWAY,
  execProbe,
  hostPath,
  scratch,
  type ContainerProps,
} from '../kubernetes';

const DIRECTORY = '/etc/vigil/containerd-proxy';

/** The folder and not the socket in it: a containerd that restarts makes another one. */
const CONTAINERD = '/run/containerd';

/** Where the proxy's own socket is. */
const DOOR = '/run/vigil';

/** nginx' own user. */
const USER = 101;

/** containerd's socket is its own user's and group's (`root`, mode 0660): the group is enough to connect. */
const CONTAINERD_GROUP = 0;

/** Where Kubernetes' containers are, among those of other users of containerd. */
const NAMESPACE = 'k8s.io';

/** All that cAdvisor calls (lib/container/containerd/client.go, 0.60.5); none of them changes anything. */
const METHODS = [
  'containers.v1.Containers/Get',
  'tasks.v1.Tasks/Get',
  'version.v1.Version/Version',
];

/**
 * A sidecar (nginx) between cAdvisor and containerd. Whoever may call any method of containerd's API is root on the node:
 * it starts containers. Through this socket three methods that read can be called, and no other.
 */
export class ContainerdProxy {
  /** The proxy's socket. */
  public readonly socket = `${DOOR}/containerd.sock`;
  public readonly mount = { name: 'containerd-door', mountPath: DOOR };
  public readonly files: ConfigFiles;
  public readonly volumes: readonly Volume[];
  public readonly container: ContainerProps;

  public constructor(scope: Construct, name: string) {
    this.files = new ConfigFiles(scope, {
      name,
      mountPath: DIRECTORY,
      files: {
        'nginx.conf': containerdProxyConf(this.socket, `${CONTAINERD}/containerd.sock`),
      },
    });
    const temporary = scratch('containerd-tmp', '1Mi');
    const containerd = hostPath('containerd', CONTAINERD);
    this.volumes = [scratch(this.mount.name, '1Mi'), temporary, containerd];
    const isThere = ['test', '-S', this.socket];
    this.container = {
      name: 'containerdProxy',
      // What is left of a proxy that was killed keeps the next one from listening.
      command: ['sh', '-c', `rm -f ${this.socket}; exec nginx "$@"`, 'sh'],
      args: ['-c', `${DIRECTORY}/nginx.conf`, '-e', 'stderr', '-g', 'daemon off;'],
      user: USER,
      group: CONTAINERD_GROUP,
      tls: false,
      // cAdvisor looks for containerd once, when it starts.
      holdOthers: ['sh', '-c', `until ${isThere.join(' ')}; do sleep 0.1; done`],
      liveness: execProbe(isThere, { periodSeconds: 60 }),
      mounts: [
        this.files.mount,
        this.mount,
        { name: temporary.name, mountPath: '/tmp' },
        { name: containerd.name, mountPath: CONTAINERD, readOnly: true },
      ],
    };
  }
}

/** The configuration, exported for its test: listens on one socket and calls another. */
export const containerdProxyConf = (listen: string, upstream: string): string =>
  `# Written by Vigil; see constructs/exporters/containerd-proxy.ts.
worker_processes 1;
pid /tmp/nginx.pid;
events { worker_connections 64; }
http {
${NGINX_TURNED_AWAY}  server_tokens off;
${NGINX_TEMPORARY}  server {
    listen unix:${listen};
    http2 on;
    if ($http_containerd_namespace != "${NAMESPACE}") { return 403; }
    location / { return 403; }
${METHODS.map((method) => `    location = /containerd.services.${method} { grpc_pass grpc://unix:${upstream}; }\n`).join('')}  }
}
`;
