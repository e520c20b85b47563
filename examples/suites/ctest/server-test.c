/* A test of a server that binds as plain C does, without any option. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(void) {
  int port = atoi(getenv("PORT"));
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  int server = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 16) < 0) {
    perror("server");
    return 1;
  }
  int client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client, (struct sockaddr *)&address, sizeof address) < 0) {
    perror("client");
    return 1;
  }
  /* For who runs two suites at once: which ports were given. */
  if (getenv("PORTS_LOG")) {
    FILE *log = fopen(getenv("PORTS_LOG"), "a");
    fprintf(log, "%d\n", port);
    fclose(log);
  }
  return 0;
}
