import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { CertificatePlan } from '../../../constructs/topology/certificate-plan';

/** Kubernetes' own rule for object names. */
const name = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'a Kubernetes name');
const seconds = (min: number): z.ZodInt => z.int().min(min);

const workload = z.strictObject({
  kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet']),
  namespace: name,
  name,
});

const leaf = z
  .strictObject({
    component: z.string().min(1),
    namespace: name,
    secret: name,
    // X.520 allows a common name 64 characters.
    commonName: z.string().min(1).max(64),
    dnsNames: z.array(z.string().min(1)),
    uris: z.array(z.string().regex(/^[a-z][a-z0-9+.-]*:/, 'a URI')),
    usages: z.array(z.enum(['serverAuth', 'clientAuth'])).min(1),
    restartOnCaChange: workload.optional(),
  })
  .refine(({ dnsNames, uris }) => dnsNames.length + uris.length > 0, 'needs a DNS name or a URI');

const password = z.strictObject({
  namespace: name,
  secret: name,
  // A Secret's key, short enough to be part of an annotation's name (63 characters).
  key: z
    .string()
    .regex(/^[A-Za-z0-9][-._A-Za-z0-9]{0,39}$/, "a Secret's key of at most 40 characters"),
  length: z.int().min(16).max(256),
  restart: workload.optional(),
});

const schema = z
  .strictObject({
    version: z.literal(1),
    trustDomain: z.string().min(1).max(64),
    authority: z.strictObject({
      namespace: name,
      secret: name,
      lifetimeSeconds: seconds(120),
      propagationSeconds: seconds(0),
    }),
    leafLifetimeSeconds: seconds(60),
    leaves: z.array(leaf),
    passwords: z.array(password),
    approveKubeletServing: z.boolean(),
  })
  .superRefine((plan, context) => {
    const { lifetimeSeconds, namespace, secret } = plan.authority;
    if (lifetimeSeconds < 2 * plan.leafLifetimeSeconds) {
      const message = 'must be at least twice leafLifetimeSeconds';
      context.addIssue({ code: 'custom', path: ['authority', 'lifetimeSeconds'], message });
    }
    const owners = new Map([[`${namespace}/${secret}`, 'authority']]);
    const claim = (id: string, path: string): void => {
      const owner = owners.get(id);
      const message = `${id} is already used by ${owner}`;
      if (owner) context.addIssue({ code: 'custom', path: [path], message });
      owners.set(id, path);
    };
    for (const [index, one] of plan.leaves.entries()) {
      claim(`${one.namespace}/${one.secret}`, `leaves[${index}]`);
      claim(`component ${one.component}`, `leaves[${index}]`);
    }
    for (const [index, one] of plan.passwords.entries()) {
      claim(`${one.namespace}/${one.secret}/${one.key}`, `passwords[${index}]`);
    }
  });

/** A plan that cannot be read or is wrong; the message is one line, made for the log. */
export class PlanError extends Error {}

/**
 * Parses and validates a plan.
 * @param file where it came from, for the message
 * @throws PlanError naming the first fields that are wrong
 */
export function parsePlan(text: string, file: string): CertificatePlan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new PlanError(`${file} is not JSON`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 3).map(({ path, message }) => {
    return `${path.join('.') || 'plan'}: ${message}`;
  });
  throw new PlanError(`${file} is not a valid certificate plan: ${problems.join('; ')}`);
}

/**
 * Where the controller gets its plan from, at each pass. The file lies in a mounted ConfigMap and
 * may change while the controller runs; it is parsed again only when its text has changed.
 */
export class PlanFile {
  private cached: { text: string; plan: CertificatePlan } | undefined;

  constructor(private readonly file: string) {}

  /** @throws PlanError when the file is missing, unreadable or invalid */
  async read(): Promise<CertificatePlan> {
    const text = await readFile(this.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new PlanError(`cannot read the certificate plan ${this.file}: ${error.code}`);
    });
    if (this.cached?.text !== text) this.cached = { text, plan: parsePlan(text, this.file) };
    return this.cached.plan;
  }
}
