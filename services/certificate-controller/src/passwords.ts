import { createHash, randomBytes } from 'node:crypto';
import type { PlannedPassword } from '../../../constructs/topology/certificate-plan';
import { type Kube, type Secret, secretValue, withValues } from './kube';
import { ensureAnnotated, hasStartedPods } from './restarts';

/** 64 characters that need no escaping in URLs, shells or YAML. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** A random password; 64 divides 256, so every character is equally likely. */
export function generatePassword(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}

/**
 * Fills a password in where there is none, and restarts its workload when that replaced one.
 *
 * Whether it replaced one is decided before the password is written, and written with it: the
 * Secret remembers an earlier generation by annotation, and when the Secret itself was deleted
 * and came back empty, pods that are ready tell that they started with another password (at first
 * start, the kubelet holds them back until the Secret has its key). The mark is a random id, which
 * tells nothing about the password. A controller killed between the two writes finds the mark in
 * the Secret, and a workload that already carries it is left alone.
 * @returns whether a password was generated
 * @throws ConflictError when the Secret was changed meanwhile
 */
export async function ensurePassword(
  kube: Kube,
  planned: PlannedPassword,
  secret: Secret,
): Promise<boolean> {
  const generatedMark = `vigil.local/generated.${planned.key}`;
  const restartMark = `vigil.local/restart.${planned.key}`;
  const missing = secretValue(secret, planned.key) === '';
  let annotations = secret.metadata.annotations ?? {};
  if (missing) {
    const id = randomBytes(8).toString('hex');
    const replaces =
      annotations[generatedMark] !== undefined || (await startedWithout(kube, planned));
    const updated = withValues(
      secret,
      { [planned.key]: generatePassword(planned.length) },
      { [generatedMark]: id, [restartMark]: replaces ? id : undefined },
    );
    annotations = updated.metadata.annotations ?? {};
    await kube.updateSecret(updated);
  }
  const mark = annotations[restartMark];
  if (planned.restart && mark) {
    await ensureAnnotated(kube, planned.restart, templateAnnotation(planned), mark);
  }
  return missing;
}

async function startedWithout(kube: Kube, { restart }: PlannedPassword): Promise<boolean> {
  const workload = restart && (await kube.getWorkload(restart));
  return workload !== undefined && hasStartedPods(workload);
}

/** One annotation for each password, so that two of one workload do not overwrite each other. */
function templateAnnotation({ namespace, secret, key }: PlannedPassword): string {
  const id = createHash('sha256').update(`${namespace}/${secret}/${key}`).digest('hex');
  return `vigil.local/password-${id.slice(0, 8)}`;
}
