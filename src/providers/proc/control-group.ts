/** What a process belongs to. */
export interface Membership {
  /** Its systemd unit. */
  service?: string;
  /** Whether that is a unit of a user's own manager. */
  isUserService?: boolean;
  /** Engine and short id. */
  container?: string;
}

/** The program that stops a container of each kind of control group. */
const engines: Record<string, string> = {
  docker: 'docker',
  libpod: 'podman',
  'cri-containerd': 'crictl',
  crio: 'crictl',
};

const containerOf = /[/:-]?(docker|libpod|cri-containerd|crio)[/-]([0-9a-f]{12})[0-9a-f]{52}(?:\.scope)?(?:\/|$)/;

/**
 * What systemd calls a unit. A user who has control groups of his own may call one of them anything, and the name becomes a
 * part of a command that somebody with more rights is shown to run.
 */
const unit = /^[\w.:\\][\w.:\\@-]*\.service$/;

/** Reads the text of /proc/<pid>/cgroup, versions 1 and 2. */
export function parseControlGroup(text: string): Membership {
  const paths = text.split('\n').map((line) => line.split(':').slice(2).join(':'));
  for (const path of paths) {
    const match = containerOf.exec(path);
    if (match) return { container: `${engines[match[1]!]} ${match[2]}` };
  }
  for (const path of paths) {
    const segments = path.split('/');
    const service = segments.findLast((segment) => unit.test(segment) && !/^user@\d+\.service$/.test(segment));
    if (!service) continue;
    const isUserService = segments.some((segment) => /^user@\d+\.service$/.test(segment));
    return { service, ...(isUserService && { isUserService }) };
  }
  return {};
}
