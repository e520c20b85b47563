/** What exec promises, and what it cannot. docs/architecture.md, "Holding ports", says why. */
export const execHelp = `
The command finds its ports in the environment: PORT is the first, PORT_0,
PORT_1 and so on are all of them, PORT_RANGE is first-last. In its arguments
{PORT}, {PORT_1}, {PORT_RANGE} are filled in, since the calling shell would
fill in $PORT too early:

  portreservation exec --ports 3 --name web -- npm test
  portreservation exec -- python3 -m http.server {PORT}
  portreservation exec --ports 2 --env WEB_PORT=0 --env API_PORT=1 -- npm start

What keeps others away until the command binds a port, and while it does not
(--hold):

  yield   Linux, TCP: a bound socket on each port, which lets in servers that
          set SO_REUSEADDR before bind, as Node, Python's servers, Go, Java,
          nginx and nearly all others do. So the command can bind, stop, and
          bind again. Port 0 and connect never get the port, nor does a bind
          without SO_REUSEADDR, nor who asks PortReservation. A server of
          anybody that names the port and comes before the command does get it:
          Linux does not ask whose server it is.
          UDP, Windows, macOS: no way is known to hold a port and let one
          program in. Nothing is held. The ports were free when the command was
          started, and are chosen outside of what the system hands out by
          itself; nobody who asks PortReservation gets them, others may.
  strict  A bound socket on each port, which lets in only sockets of the same
          user that set SO_REUSEPORT before bind. For commands that do: most do
          not, and get EADDRINUSE. Not on Windows, where a runtime reservation
          opens to its own process alone.
  none    Nothing is held, as with UDP above. For commands that bind without
          SO_REUSEADDR.

The ports are free again when the command has ended and, where the system says
who has a port (Linux, Windows), everything it left running on them too; a
signal ends that waiting. If this program is killed, its reservation ends with
it, and what runs goes on.

Signals are passed on; Ctrl+C reaches the command from the terminal. Exit
codes: the command's own, 128+n where signal n ended it, 126 where it cannot be
run, 127 where it was not found, 1 where the ports could not be had, 64 for
wrong words.`;
