import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import type { V1VolumeMount } from '@kubernetes/client-node';
import type { TlsMaterial } from '../../services/shared/tls-server';
import { MountedVolume } from './mounted-volume';
import { find, onlyPods, type RenderedChart } from './stack';
import { docker } from './tool-server';

const tlsFilesOf = ({ cert, key, ca }: TlsMaterial): Record<string, string> => ({
  'tls.crt': cert,
  'tls.key': key,
  'ca.crt': ca,
});

/**
 * The containers of a rendered pod, started by the engine as kubelet would: its images, commands, user, mounts and
 * memory limits, on a read-only root and without a capability.
 */
export class PodContainers {
  private readonly volumes: MountedVolume[] = [];
  private readonly tls: MountedVolume;
  private readonly ids: string[] = [];

  private constructor(
    private readonly chart: RenderedChart,
    material: TlsMaterial,
  ) {
    this.tls = this.volume(tlsFilesOf(material));
  }

  /** They may not listen yet. */
  static start(chart: RenderedChart, material: TlsMaterial): PodContainers {
    const pod = new PodContainers(chart, material);
    onlyPods(chart).containers.forEach((_, index) => pod.run(index));
    return pod;
  }

  /** Where a port of the pod is found on 127.0.0.1. */
  port(number: number): number {
    return Number(
      docker('port', this.ids[0] ?? '', `${number}/tcp`)
        .split(':')
        .at(-1),
    );
  }

  /** What the first container has written so far, byte for byte. */
  output(): { readonly stdout: Buffer; readonly stderr: Buffer } {
    const { stdout, stderr } = spawnSync('docker', ['logs', this.ids[0] ?? ''], {
      maxBuffer: 1 << 26,
    });
    return { stdout, stderr };
  }

  /** As kubelet does some time after a Secret has changed. */
  renew(material: TlsMaterial): void {
    this.tls.replace(tlsFilesOf(material));
  }

  /** Tells the first container to end, by its image's signal as kubelet does; resolves when it has. */
  async terminate(): Promise<void> {
    const child = spawn('docker', ['stop', '--time', '30', this.ids[0] ?? ''], { stdio: 'ignore' });
    await once(child, 'close');
  }

  /** Addresses and ports that the pod listens on, as `/proc/net/tcp` writes them. */
  listening(): string[] {
    return docker('exec', this.ids[0] ?? '', 'cat', '/proc/net/tcp')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === '0A')
      .map(([, address]) => address ?? '');
  }

  /** With what the first container ended; undefined while it runs. */
  exitCode(): number | undefined {
    const format = '{{.State.Running}} {{.State.ExitCode}}';
    const [running, code] = docker('inspect', '--format', format, this.ids[0] ?? '').split(' ');
    return running === 'true' ? undefined : Number(code);
  }

  remove(): void {
    for (const id of this.ids.reverse()) docker('rm', '--force', '--volumes', id);
    for (const volume of this.volumes) volume.remove();
  }

  private volume(files: Readonly<Record<string, string>>): MountedVolume {
    const volume = new MountedVolume(files);
    // The pod's user is another one than ours.
    chmodSync(volume.folder, 0o755);
    this.volumes.push(volume);
    return volume;
  }

  private run(index: number): void {
    const { spec, containers } = onlyPods(this.chart);
    const container = containers[index];
    if (!container) throw new Error(`no container ${index}`);
    const { runAsUser, runAsGroup } = spec.securityContext ?? {};
    const memory = String(container.resources?.limits?.memory).replace('Mi', 'm');
    const [entry, ...command] = container.command ?? [];
    this.ids.push(
      docker(
        ...['run', '--detach', '--read-only', '--cap-drop', 'ALL'],
        ...['--user', `${runAsUser}:${runAsGroup}`],
        ...['--security-opt', 'no-new-privileges', '--memory', memory],
        ...this.network(),
        ...(container.volumeMounts ?? []).flatMap((mount) => this.mount(mount)),
        ...(entry ? ['--entrypoint', entry] : []),
        ...[container.image ?? '', ...command, ...(container.args ?? [])],
      ),
    );
  }

  /** The first container has the pod's network, which the others share. */
  private network(): string[] {
    const [first] = this.ids;
    if (first) return ['--network', `container:${first}`];
    const ports = onlyPods(this.chart).containers.flatMap((one) => one.ports ?? []);
    return ports.flatMap(({ containerPort }) => ['--publish', `127.0.0.1::${containerPort}`]);
  }

  private mount({ name, mountPath }: V1VolumeMount): string[] {
    const { volumes, namespace } = onlyPods(this.chart);
    const volume = volumes.find((one) => one.name === name);
    if (volume?.emptyDir) return ['--tmpfs', `${mountPath}:mode=1777`];
    const source = volume?.configMap
      ? this.volume(find(this.chart.objects, `ConfigMap ${namespace}/${name}`).data ?? {})
      : this.tls;
    return ['--volume', `${source.folder}:${mountPath}:ro`];
  }
}
