import { closest } from 'fastest-levenshtein';
import { seconds, type Settings } from '../settings';
import type { CertificatePlan, KeyUsage, PlannedLeaf } from './certificate-plan';
import type {
  Component,
  ComponentRow,
  Endpoint,
  Flow,
  FlowRow,
  Identity,
  Model,
  Outside,
  ScrapeJob,
} from './model';
import { namespaces } from './model';

export const TRUST_DOMAIN = 'vigil';

/** The Secret of the certificate authority. */
export const AUTHORITY = { namespace: 'vigil-system', secret: 'vigil-ca' } as const;

/** The generated password of Grafana's administrator. */
export const GRAFANA_PASSWORD = {
  namespace: 'monitoring',
  secret: 'grafana-admin',
  key: 'password',
} as const;

/** The generated password of the sample-app's only user. */
export const SAMPLE_APP_PASSWORD = {
  namespace: 'web',
  secret: 'sample-app-user',
  key: 'password',
} as const;

/** Who logs in with a generated password, by key of the component. */
export const LOGINS = {
  grafana: { user: 'admin', password: GRAFANA_PASSWORD, readAtStart: true },
  sampleApp: { user: 'demo', password: SAMPLE_APP_PASSWORD, readAtStart: false },
} as const;

/** Credentials of the alert-router's destinations: people fill it, a key for each destination. */
export const DESTINATIONS = {
  namespace: 'monitoring',
  secret: 'alert-router-destinations',
} as const;

/**
 * The model with its ends looked up and checked, and all that is derived from it: allowed client identities,
 * certificate plan and scrape jobs here; NetworkPolicies, documentation and the live test from the same flows.
 */
export class Topology {
  public readonly components: readonly Component[];
  public readonly outside: readonly Outside[];
  public readonly flows: readonly Flow[];

  private readonly byKey: ReadonlyMap<string, Endpoint>;

  /** @throws Error naming the flow or component, when the model contradicts itself. */
  public constructor(
    private readonly settings: Settings,
    model: Model,
  ) {
    this.components = Object.entries(model.components).map(([key, row]) => componentOf(key, row));
    this.outside = Object.entries(model.outside).map(([key, row]) => ({
      ...row,
      kind: 'outside',
      key,
      name: kebabCase(key),
    }));
    this.byKey = new Map([...this.components, ...this.outside].map((end) => [end.key, end]));
    refuseDuplicateNames([...this.components, ...this.outside]);
    refuseDuplicates(model.flows);
    this.flows = model.flows.map((row) => this.resolve(row));
    this.refuseClosedDoors();
    this.refuseUnreachable();
  }

  /**
   * The component of a row.
   *
   * @throws Error when there is none of this key.
   */
  public component(key: string): Component {
    const end = this.byKey.get(key);
    if (end?.kind !== 'component') throw new Error(this.unknown('component', key, this.components));
    return end;
  }

  /**
   * Identities that may connect to a component: the far ends of its incoming flows, but for ports that are open.
   *
   * @param name of the port. @default every one
   */
  public clientsOf(component: Component, name?: string): Identity[] {
    const clients = this.flowsTo(component)
      .filter(({ port }) => !component.open?.[port.name] && (name ?? port.name) === port.name)
      .map((flow) => identityOf(flow.from));
    return [...new Map(clients.map((client) => [client.spiffeId, client])).values()];
  }

  /** Identities that may scrape a component. */
  public scrapersOf(component: Component): Identity[] {
    return this.flowsTo(component)
      .filter((flow) => flow.scrape)
      .map((flow) => identityOf(flow.from));
  }

  public flowsTo(component: Component): Flow[] {
    return this.flows.filter((flow) => flow.to === component);
  }

  public flowsFrom(component: Component): Flow[] {
    return this.flows.filter((flow) => flow.from === component);
  }

  /** One job for each scrape; a second port of a component gets the port's name behind its own. */
  public get scrapeJobs(): ScrapeJob[] {
    const taken = new Set<string>();
    return this.flows.flatMap((flow) => {
      if (!flow.scrape) return [];
      const name = taken.has(flow.to.name) ? `${flow.to.name}-${flow.port.name}` : flow.to.name;
      taken.add(name);
      return [
        {
          name,
          target: flow.to,
          port: flow.port.number,
          path: flow.scrape.path ?? '/metrics',
          everySeconds:
            flow.scrape.everySeconds ?? seconds(this.settings.prometheus.scrapeInterval),
          about: flow.scrape.about ?? 'itself',
          ...(flow.via && { via: flow.via }),
        },
      ];
    });
  }

  /** Which Secrets hold which certificates. */
  public get plan(): CertificatePlan {
    const { certificates, cluster } = this.settings;
    return {
      version: 1,
      trustDomain: TRUST_DOMAIN,
      authority: {
        ...AUTHORITY,
        lifetimeSeconds: seconds(certificates.rootLifetime),
        propagationSeconds: seconds(certificates.propagation),
      },
      leafLifetimeSeconds: seconds(certificates.leafLifetime),
      leaves: [...this.components.map((component) => this.leafOf(component)), technicianLeaf],
      passwords: this.components.flatMap(({ key, workloadRef }) => {
        const login = loginOf(key);
        if (!login) return [];
        return [
          { ...login.password, length: 32, ...(login.readAtStart && { restart: workloadRef }) },
        ];
      }),
      approveKubeletServing: cluster.approveKubeletServing,
    };
  }

  /** The names in a component's certificate. */
  public dnsNamesOf(component: Component): string[] {
    const hosts: Readonly<Record<string, readonly string[]>> = this.settings.web.hosts;
    // People come through a port-forward, and probes from within the pod: both say localhost.
    const local = this.flowsTo(component).some(
      ({ from }) => from === component || isPerson(from) || isAnyone(from),
    );
    return [
      component.dnsName,
      `${component.dnsName}.${this.settings.cluster.domain}`,
      ...(local ? ['localhost'] : []),
      ...(hosts[component.key] ?? []),
    ];
  }

  private leafOf(component: Component): PlannedLeaf {
    const incoming = this.flowsTo(component);
    const usages: KeyUsage[] = [
      ...(incoming.length > 0 ? (['serverAuth'] as const) : []),
      ...(this.flowsFrom(component).some((flow) => flow.to.kind === 'component')
        ? (['clientAuth'] as const)
        : []),
    ];
    return {
      component: component.name,
      namespace: component.namespace,
      secret: component.tlsSecret,
      commonName: component.commonName,
      dnsNames: this.dnsNamesOf(component),
      uris: [component.spiffeId],
      usages,
      ...(component.rereads === 'leaf' && { restartOnCaChange: component.workloadRef }),
    };
  }

  private resolve(row: FlowRow): Flow {
    const from = this.end(row, row.from);
    const to = this.end(row, row.to);
    const number = Object.hasOwn(to.ports, row.port) ? to.ports[row.port] : undefined;
    if (number === undefined) {
      const known = Object.keys(to.ports);
      throw new Error(
        `topology: flow ${label(row)}: '${row.to}' has no port '${row.port}'${nearest(row.port, known)}; its ports: ${known.join(', ') || 'none'}`,
      );
    }
    return {
      from,
      to,
      port: { name: row.port, number, protocols: protocolsOf(to, row.port) },
      why: row.why,
      ...(row.scrape && { scrape: row.scrape }),
      ...(row.via && { via: this.end(row, row.via) }),
    };
  }

  private end(row: FlowRow, key: string): Endpoint {
    const end = this.byKey.get(key);
    if (!end)
      throw new Error(
        `topology: flow ${label(row)}: ${this.unknown('component', key, [...this.byKey.values()])}`,
      );
    return end;
  }

  private unknown(what: string, key: string, known: readonly Endpoint[]): string {
    const keys = known.map((end) => end.key);
    return `unknown ${what} '${key}'${nearest(key, keys)}`;
  }

  /** A flow through another end uses the connection to that one, which must be a flow too. */
  private refuseClosedDoors(): void {
    for (const { from, to, port, via } of this.flows) {
      if (via && !this.flows.some((flow) => flow.from === from && flow.to === via)) {
        throw new Error(
          `topology: flow ${from.key} → ${to.key}:${port.name} goes through '${via.key}', to which no flow leads from '${from.key}'`,
        );
      }
    }
  }

  private refuseUnreachable(): void {
    for (const component of this.components) {
      const reached = new Set(this.flowsTo(component).map((flow) => flow.port.name));
      const idle = Object.keys(component.ports).filter((port) => !reached.has(port));
      if (idle.length > 0) {
        throw new Error(
          `topology: component '${component.key}' is unreachable on port ${idle.join(', ')}: no flow leads there`,
        );
      }
    }
  }
}

/** Who logs in to the component of this key; undefined when nobody does. */
export const loginOf = (key: string): (typeof LOGINS)[keyof typeof LOGINS] | undefined =>
  Object.hasOwn(LOGINS, key) ? LOGINS[key as keyof typeof LOGINS] : undefined;

/** The client certificate of people. */
export const technicianLeaf: PlannedLeaf = {
  component: 'technician',
  namespace: AUTHORITY.namespace,
  secret: 'technician-tls',
  commonName: 'technician',
  dnsNames: [],
  uris: [`spiffe://${TRUST_DOMAIN}/person/technician`],
  usages: ['clientAuth'],
};

/**
 * The identity that one end of a flow shows.
 *
 * @throws Error when it has none: only components of ours and people hold certificates of our authority.
 */
export function identityOf(end: Endpoint): Identity {
  if (end.kind === 'component') return end;
  if (isPerson(end)) {
    return { spiffeId: technicianLeaf.uris[0] ?? '', commonName: technicianLeaf.commonName };
  }
  throw new Error(`topology: '${end.key}' holds no certificate of ours and cannot open a flow`);
}

export const isPerson = (end: Endpoint): boolean =>
  end.kind === 'outside' && end.place.kind === 'person';

export const isAnyone = (end: Endpoint): boolean =>
  end.kind === 'outside' && end.place.kind === 'anyone';

/** Names of the ports that ask for a client certificate, or for a login that stands in its place. */
export const guardedPorts = ({ ports, open }: ComponentRow): string[] =>
  Object.keys(ports).filter((port) => open?.[port] === undefined);

/** A row with all the names that follow from it. */
export function componentOf(key: string, row: Model['components'][string]): Component {
  const name = kebabCase(key);
  if (!Object.hasOwn(namespaces, row.namespace)) {
    throw new Error(
      `topology: component '${key}': unknown namespace '${row.namespace}'; allowed: ${Object.keys(namespaces).join(', ')}`,
    );
  }
  const dnsName = `${name}.${row.namespace}.svc`;
  return {
    ...row,
    kind: 'component',
    key,
    name,
    dnsName,
    commonName: dnsName,
    spiffeId: `spiffe://${TRUST_DOMAIN}/ns/${row.namespace}/sa/${name}`,
    tlsSecret: `${name}-tls`,
    workloadRef: { kind: row.workload, namespace: row.namespace, name },
  };
}

/** DNS answers on both protocols; every other port of whatever place is TCP. */
const protocolsOf = (to: Endpoint, port: string): Flow['port']['protocols'] =>
  to.kind === 'outside' && to.protocols && port === 'dns' ? to.protocols : ['TCP'];

const kebabCase = (key: string): string =>
  key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const nearest = (name: string, known: readonly string[]): string =>
  known.length > 0 ? `; did you mean '${closest(name, known)}'?` : '';

const label = (row: FlowRow): string => `${row.from} → ${row.to}:${row.port}`;

function refuseDuplicates(rows: readonly FlowRow[]): void {
  const seen = new Map<string, FlowRow>();
  for (const row of rows) {
    const first = seen.get(label(row));
    if (first)
      throw new Error(
        `topology: flow ${label(row)} is there twice: '${first.why}' and '${row.why}'`,
      );
    seen.set(label(row), row);
  }
}

function refuseDuplicateNames(ends: readonly Endpoint[]): void {
  const seen = new Map<string, Endpoint>();
  for (const end of ends) {
    const first = seen.get(end.name);
    if (first)
      throw new Error(
        `topology: '${first.key}' and '${end.key}' would both be named '${end.name}'`,
      );
    seen.set(end.name, end);
  }
}
