import { buildTopology } from '../../constructs/topology';
import { loadSettings } from '../../constructs/settings';
import { Annotation } from '../../services/certificate-controller/src/authority';
import { certificateStatus, isBad, lifeLeft } from './certificates';
import { withClient } from './cluster';
import { AlreadyReported } from './errors';
import { formatTable } from './output';
import { confirm } from './prompt';
import type { Session } from './session';

export interface AuthorityOptions {
  readonly context?: string;
  readonly yes: boolean;
}

/** Annotations of the authority's Secret by which a person tells the certificate-controller what to do. */
const ANNOTATIONS = {
  recover: Annotation.acceptNewRoot,
  'rotate-root': Annotation.rotateRoot,
} as const;

const QUESTIONS = {
  recover:
    'Make a new certificate authority? Nothing will trust certificates of the lost one; every workload gets new ones.',
  'rotate-root':
    'Rotate the root certificate? Old and new are both trusted until every leaf is renewed.',
} as const;

export type AuthorityAction = keyof typeof ANNOTATIONS;

/** Asks the certificate-controller for a new root: at once, when the old one is lost, or with overlap. */
export async function changeAuthority(
  session: Session,
  action: AuthorityAction,
  options: AuthorityOptions,
): Promise<void> {
  const settings = loadSettings();
  const { output } = session;
  await withClient(session, settings, options.context, async (client) => {
    if (!(await confirm(session, QUESTIONS[action], options.yes))) {
      output.result('Nothing was changed.', { ok: true, requested: false });
      return;
    }
    const { namespace, secret } = buildTopology(settings).plan.authority;
    const id = new Date().toISOString();
    const ref = { apiVersion: 'v1', kind: 'Secret', namespace, name: secret };
    await client.merge(ref, { metadata: { annotations: { [ANNOTATIONS[action]]: id } } });
    output.result(
      `Requested (${id}). The certificate-controller does it within a minute; watch: npx vigil certificates status`,
      { ok: true, requested: true, annotation: ANNOTATIONS[action], id },
    );
  });
}

/** Prints every certificate of the plan; exit code 1 when one is missing or has expired. */
export async function showCertificates(session: Session, context?: string): Promise<void> {
  const settings = loadSettings();
  await withClient(session, settings, context, async (client) => {
    const all = await certificateStatus(client, buildTopology(settings).plan);
    const rows = all.map((each) => [
      each.component,
      `${each.namespace}/${each.secret}`,
      lifeLeft(each),
      each.identity ?? '',
    ]);
    const header = ['CERTIFICATE', 'SECRET', 'LEFT', 'IDENTITY'];
    const ok = !all.some(isBad);
    session.output.result(formatTable([header, ...rows]).join('\n'), { ok, certificates: all });
    if (!ok) throw new AlreadyReported('a certificate is missing or has expired');
  });
}
