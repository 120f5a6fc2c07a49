import { readFileSync } from 'node:fs';

/** What the commands of this system look like. */
export type System = 'debian' | 'fedora' | 'arch' | 'macos' | 'windows' | 'linux';

export interface Installation {
  readonly engine: string;
  readonly kind: string;
}

const GROUP = 'sudo usermod -aG docker "$USER"';
const SERVICE = 'sudo systemctl enable --now docker';
const KIND_BINARY = `curl -Lo kind https://kind.sigs.k8s.io/dl/v0.33.0/kind-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'} && sudo install kind /usr/local/bin/kind`;

const INSTALLATIONS: Readonly<Record<System, Installation>> = {
  debian: { engine: `sudo apt-get install -y docker.io && ${GROUP}`, kind: KIND_BINARY },
  fedora: {
    engine: `sudo dnf install -y moby-engine && ${SERVICE} && ${GROUP}`,
    kind: KIND_BINARY,
  },
  arch: { engine: `sudo pacman -S --needed docker && ${SERVICE} && ${GROUP}`, kind: KIND_BINARY },
  linux: { engine: 'see https://docs.docker.com/engine/install/', kind: KIND_BINARY },
  macos: { engine: 'brew install --cask docker && open -a Docker', kind: 'brew install kind' },
  windows: {
    engine: 'winget install Docker.DockerDesktop',
    kind: 'winget install Kubernetes.kind',
  },
};

/** The commands that install what is missing, for one system. */
export const installation = (system: System = currentSystem()): Installation =>
  INSTALLATIONS[system];

/**
 * @param platform as `process.platform` has it.
 * @param osRelease text of /etc/os-release.
 */
export function currentSystem(
  platform: NodeJS.Platform = process.platform,
  osRelease: string = readOsRelease(),
): System {
  if (platform === 'darwin') return 'macos';
  if (platform === 'win32') return 'windows';
  const ids = [...osRelease.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm)].flatMap(
    ([, value]) => value?.split(' ') ?? [],
  );
  if (ids.some((id) => id === 'debian' || id === 'ubuntu')) return 'debian';
  if (ids.some((id) => id === 'fedora' || id === 'rhel')) return 'fedora';
  return ids.includes('arch') ? 'arch' : 'linux';
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}
