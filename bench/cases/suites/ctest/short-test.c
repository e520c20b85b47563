/* A test of a tenth of a second: of portserver where there is an address, else of the system's choice it takes a port, and listens. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int port_of(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char text[32] = "";
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  int connection = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(connection, (struct sockaddr *)&address, sizeof address) < 0) return -1;
  dprintf(connection, "%ld\n", (long)getpid());
  if (read(connection, text, sizeof text - 1) <= 0) return -1;
  close(connection);
  return atoi(text) > 0 ? atoi(text) : -1;
}

int main(void) {
  const char *path = getenv("PORTSERVER_ADDRESS");
  int port = path ? port_of(path) : 0;
  if (port < 0) return 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  int server = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 16) < 0) return 1;
  usleep(100000);
  return 0;
}
