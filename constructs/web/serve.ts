import { tlsFiles } from '../kubernetes';

/** Seconds between two looks at the certificate. */
const INTERVAL = 2;

/**
 * The script that starts a server which reads its certificate only when told to. Arguments: the signal for reading it
 * again without dropping a connection, the one for ending after the requests under way, and the server's command.
 * Contents are compared, not times: kubelet replaces all files of a Secret at once by a link to another directory.
 */
export const SERVE_SCRIPT = `set -u
reload=$1
stop=$2
shift 2

fingerprint() {
  sha256sum ${tlsFiles.certificate} ${tlsFiles.key} ${tlsFiles.authority}
}

watch() {
  while sleep ${INTERVAL}; do
    now=$(fingerprint) || continue
    [ "$now" = "$seen" ] && continue
    seen=$now
    kill -s "$reload" "$server"
  done
}

# Before the start: a change between the two is then read twice, and never missed.
seen=$(fingerprint)
"$@" &
server=$!
trap 'kill -s "$stop" "$server"' TERM INT QUIT WINCH
watch &

# A signal ends the wait, but not the server.
status=0
while kill -0 "$server" 2>/dev/null; do
  wait "$server"
  status=$?
done
exit "$status"
`;
