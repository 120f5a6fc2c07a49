import { once } from 'node:events';
import { buildTopology, loginOf, type Component } from '../../constructs/topology';
import { loadSettings } from '../../constructs/settings';
import { showInBrowser } from './browser';
import { withClient } from './cluster';
import { CliError } from './errors';
import type { KubeClient } from './kube-client';
import { forwardPort } from './port-forward';
import type { Session } from './session';
import { readSecret } from './technician';

export interface OpenOptions {
  readonly context?: string;
  /** Local port. @default - a free one */
  readonly port?: number;
  readonly browser: boolean;
  readonly printPassword: boolean;
}

/**
 * Forwards a local port until Ctrl-C, and shows it in a browser where there is one.
 *
 * @param name of a component with a port `web`.
 */
export async function open(session: Session, name: string, options: OpenOptions): Promise<void> {
  const { output, signal } = session;
  const settings = loadSettings();
  await withClient(session, settings, options.context, async (client) => {
    const component = buildTopology(settings).components.find((one) => one.name === name);
    if (component?.ports.web === undefined) throw new CliError(`${name} has nothing to open`);
    const target = { namespace: component.namespace, service: name, port: component.ports.web };
    const hints = await loginHints(client, component, options.printPassword);
    const forwarding = await forwardPort(client, target, options.port ?? 0);
    const url = `https://localhost:${forwarding.port}`;
    output.result([`${name}: ${url}`, ...hints, 'Ctrl-C ends it.'].join('\n'), { ok: true, url });
    if (options.browser && !output.json) showInBrowser(url);
    if (!signal.aborted) await once(signal, 'abort');
    forwarding.close();
  });
}

/** What people need to get in; nothing where everyone may. */
async function loginHints(
  client: KubeClient,
  component: Component,
  printPassword: boolean,
): Promise<string[]> {
  const hints = [];
  if (!component.login && !component.open?.web) {
    hints.push('It asks for the client certificate of `npx vigil access` (import technician.p12).');
  }
  const login = loginOf(component.key);
  if (login && !printPassword) {
    hints.push(`User ${login.user}; --print-password shows the password.`);
  } else if (login) {
    const { namespace, secret, key } = login.password;
    const password = (await readSecret(client, namespace, secret))?.[key];
    if (!password)
      throw new CliError(
        `Secret ${namespace}/${secret} holds no password yet; see \`vigil status\``,
      );
    hints.push(`User ${login.user}, password ${password}`);
  }
  return hints;
}
