/* Asks for a port, puts it into PORT, and becomes the program it is given: the port is that program's as long as it lives.
   As portserver is asked: a process id and a line feed, and a port and a line feed come back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **words) {
  const char *path = getenv("PORTSERVER_ADDRESS");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char text[32] = "";
  if (count < 2 || path == NULL || strlen(path) >= sizeof address.sun_path) {
    fprintf(stderr, "no ports to be had: run portreservation exec -- ctest\n");
    return 2;
  }
  strcpy(address.sun_path, path);
  int connection = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) < 0) {
    perror(path);
    return 2;
  }
  dprintf(connection, "%ld\n", (long)getpid());
  size_t length = 0;
  for (ssize_t more; length + 1 < sizeof text; length += (size_t)more) {
    more = read(connection, text + length, sizeof text - 1 - length);
    if (more <= 0 || memchr(text, '\n', length + (size_t)more)) break;
  }
  close(connection);
  if (atoi(text) == 0) {
    fprintf(stderr, "no port is free\n");
    return 2;
  }
  text[strcspn(text, "\n")] = '\0';
  setenv("PORT", text, 1);
  execvp(words[1], words + 1);
  perror(words[1]);
  return 127;
}
