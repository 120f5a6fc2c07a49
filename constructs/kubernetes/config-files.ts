import { createHash } from 'node:crypto';
import type { Construct } from 'constructs';
import { KubeConfigMap, type Volume, type VolumeMount } from '../../imports/k8s';

export interface ConfigFilesProps {
  /** Name of the ConfigMap, and of the volume. */
  readonly name: string;
  /** Text by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** Directory in the container. */
  readonly mountPath: string;
  /**
   * The program reads changes by itself, so that a change restarts nothing.
   *
   * @default false: the pod template carries a checksum, and a change rolls the pods
   */
  readonly reloadsItself?: boolean;
}

/** Configuration files in a ConfigMap, mounted as a directory (a `subPath` would never be updated). */
export class ConfigFiles {
  public readonly volume: Volume;
  public readonly mount: VolumeMount;
  /** Annotation of the pod template; empty when the program reloads by itself. */
  public readonly annotations: Readonly<Record<string, string>>;

  public constructor(scope: Construct, props: ConfigFilesProps) {
    new KubeConfigMap(scope, props.name, { metadata: { name: props.name }, data: props.files });
    this.volume = { name: props.name, configMap: { name: props.name } };
    this.mount = { name: props.name, mountPath: props.mountPath, readOnly: true };
    this.annotations = props.reloadsItself
      ? {}
      : { [`vigil.local/config-${props.name}`]: checksum(props.files) };
  }
}

function checksum(files: Readonly<Record<string, string>>): string {
  return createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
}
