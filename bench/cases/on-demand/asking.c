/* Processes that each ask portserver, or who speaks as it does, for ports; ends with 0 when all are different. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int ask(const struct sockaddr_un *address, socklen_t size) {
  char text[32];
  int connection = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(connection, (const struct sockaddr *)address, size) < 0) return 0;
  dprintf(connection, "%ld\n", (long)getpid());
  ssize_t length = read(connection, text, sizeof text - 1);
  close(connection);
  text[length > 0 ? length : 0] = '\0';
  return atoi(text);
}

int main(int count, char **words) {
  if (count != 4 || strlen(words[1]) >= 108) return 2;
  int processes = atoi(words[2]), ports = atoi(words[3]), all[2], left = processes * ports;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  socklen_t size = (socklen_t)(sizeof address.sun_family + strlen(words[1]));
  memcpy(address.sun_path, words[1], strlen(words[1]));
  if (words[1][0] == '@') address.sun_path[0] = '\0';
  if (pipe(all) < 0) return 2;
  pid_t *children = calloc((size_t)processes, sizeof *children);
  for (int child = 0; child < processes; child++) {
    if ((children[child] = fork()) != 0) continue;
    for (int index = 0; index < ports; index++) {
      int port = ask(&address, size);
      if (write(all[1], &port, sizeof port) != sizeof port) _exit(1);
    }
    for (;;) pause();
  }
  static char given[65536];
  int wrong = 0, port;
  for (; left > 0 && read(all[0], &port, sizeof port) == sizeof port; left--) wrong += port <= 0 || given[port & 65535]++;
  for (int child = 0; child < processes; child++) kill(children[child], SIGKILL), waitpid(children[child], NULL, 0);
  return wrong != 0;
}
