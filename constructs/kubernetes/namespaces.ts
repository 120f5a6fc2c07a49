import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { KubeNamespace } from '../../imports/k8s';
import { namespaces } from '../topology';
import { PART_OF } from './labels';

/** Our namespaces, each with its Pod Security level enforced. */
export class Namespaces extends Chart {
  public constructor(scope: Construct) {
    super(scope, 'namespaces', { disableResourceNameHashes: true });
    for (const [name, level] of Object.entries(namespaces)) {
      new KubeNamespace(this, name, {
        metadata: {
          name,
          labels: {
            ...PART_OF,
            'pod-security.kubernetes.io/enforce': level,
            'pod-security.kubernetes.io/warn': level,
            'pod-security.kubernetes.io/audit': level,
          },
        },
      });
    }
  }
}
