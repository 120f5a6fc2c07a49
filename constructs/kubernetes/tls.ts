import type { Construct } from 'constructs';
import type { Volume, VolumeMount } from '../../imports/k8s';
import type { Component, Identity, Topology } from '../topology';
import { ConfigFiles } from './config-files';
import { toYaml } from './yaml';

const DIRECTORY = '/etc/vigil/tls';
const WEB_DIRECTORY = '/etc/vigil/web';

/** Where a pod finds its certificate: its own leaf and key, and the bundle of roots that it trusts. */
export const tlsFiles = {
  directory: DIRECTORY,
  certificate: `${DIRECTORY}/tls.crt`,
  key: `${DIRECTORY}/tls.key`,
  authority: `${DIRECTORY}/ca.crt`,
} as const;

export const tlsMount: VolumeMount = { name: 'tls', mountPath: DIRECTORY, readOnly: true };

/**
 * The component's leaf. The items are named, so that kubelet holds the pod back until the certificate-controller has
 * filled the Secret; the group may read, because the process is not root.
 */
export const tlsVolume = (component: Component): Volume => ({
  name: 'tls',
  projected: {
    defaultMode: 0o440,
    sources: [
      {
        secret: {
          name: component.tlsSecret,
          items: ['tls.crt', 'tls.key', 'ca.crt'].map((key) => ({ key, path: key })),
        },
      },
    ],
  },
});

/** Of TLS 1.2, in OpenSSL's spelling: those with forward secrecy and authenticated encryption. TLS 1.3 has no others. */
export const TLS_CIPHERS = 'ECDHE+AESGCM:ECDHE+CHACHA20';

/** The whole subject of a client's certificate (RFC 4514), for servers that see no URI SAN. */
export const subjectOf = ({ commonName }: Identity): string => `CN=${commonName}`;

/** TLS settings of a client built on prometheus/common (snake case is its own spelling). */
export interface ClientTlsConfig {
  readonly ca_file: string;
  readonly cert_file: string;
  readonly key_file: string;
  readonly server_name: string;
}

/** Shows the pod's own leaf, and accepts none but the named server. */
export const clientTls = (serverName: string): ClientTlsConfig => ({
  ca_file: tlsFiles.authority,
  cert_file: tlsFiles.certificate,
  key_file: tlsFiles.key,
  server_name: serverName,
});

/** Path of the web configuration of a server built on prometheus/exporter-toolkit. */
export const WEB_CONFIG = `${WEB_DIRECTORY}/web.yml`;

/** Path of the client configuration for promtool and amtool, which probe a server from within its pod. */
export const PROBE_CONFIG = `${WEB_DIRECTORY}/probe.yml`;

/**
 * Web configuration of an exporter-toolkit server: who may connect comes from the flows. The toolkit reads file,
 * certificate, key and client CA again at each handshake (its web/tls_config.go), so nothing here needs a restart.
 */
export class WebConfig extends ConfigFiles {
  /** @param port that the server listens on, where other servers of the component have clients of their own. */
  public constructor(scope: Construct, component: Component, topology: Topology, port?: string) {
    const clients = topology.clientsOf(component, port);
    const probesItself = clients.some(({ spiffeId }) => spiffeId === component.spiffeId);
    const web = {
      tls_server_config: {
        cert_file: tlsFiles.certificate,
        key_file: tlsFiles.key,
        client_auth_type: 'RequireAndVerifyClientCert',
        client_ca_file: tlsFiles.authority,
        client_allowed_sans: clients.map(({ spiffeId }) => spiffeId),
        min_version: 'TLS12',
      },
    };
    super(scope, {
      name: `${component.name}-web`,
      mountPath: WEB_DIRECTORY,
      files: {
        'web.yml': toYaml(web),
        ...(probesItself && { 'probe.yml': toYaml({ tls_config: clientTls('localhost') }) }),
      },
      reloadsItself: true,
    });
  }
}
