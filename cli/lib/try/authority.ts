import type { PlannedLeaf } from '../../../constructs/topology/certificate-plan';
import {
  generateRsaKey,
  issueLeaf,
  issueRoot,
} from '../../../services/certificate-controller/src/issue';
import { parseSigner, type Signer } from '../../../services/certificate-controller/src/signer';
import type { TlsMaterial } from '../../../services/shared/tls-server';

const LIFETIME_SECONDS = 86_400;

/** A certificate authority for one day and one machine, made by the code that makes the cluster's. */
export class ThrowawayAuthority {
  private constructor(
    private readonly signer: Signer,
    /** Its certificate, as PEM. */
    public readonly certificate: string,
    private readonly now: Date,
  ) {}

  public static async create(trustDomain: string, now = new Date()): Promise<ThrowawayAuthority> {
    const request = { trustDomain, lifetimeSeconds: LIFETIME_SECONDS, now };
    const { certificate, key } = await issueRoot(request, generateRsaKey);
    return new ThrowawayAuthority(parseSigner(certificate, key), certificate, now);
  }

  public async issue(leaf: PlannedLeaf): Promise<TlsMaterial> {
    const request = {
      leaf,
      lifetimeSeconds: LIFETIME_SECONDS,
      signer: this.signer,
      now: this.now,
    };
    const { certificate, key } = await issueLeaf(request, generateRsaKey);
    return { cert: certificate, key, ca: this.certificate };
  }
}
