/* A client of PortReservation in C, with as much of JSON as it needs: joins who serves, or starts a worker. Copy what is above main. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
  FILE *from;
  int last_id;
  void (*told)(const char *message); /* what the service tells by itself */
};

/* Joins the address, or else starts a worker; 0 when it could. What the program starts inherits nothing of it. */
static int client_open(struct client *client, void (*told)(const char *)) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = getenv("PORT_RESERVATION_ADDRESS");
  int ends[2] = {socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), -1};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path ? path : "");
  if (connect(ends[0], (struct sockaddr *)&address, sizeof address) < 0) {
    close(ends[0]);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -1;
    if (fork() == 0) {
      dup2(ends[1], 0), dup2(ends[1], 1);
      execlp("portreservation", "portreservation", "serve", "--stdio", (char *)NULL);
      perror("portreservation"), _exit(127);
    }
    close(ends[1]);
  }
  signal(SIGPIPE, SIG_IGN); /* writing to who is gone fails, and ends nobody */
  *client = (struct client){fdopen(ends[0], "r"), 0, told};
  return client->from ? 0 : -1;
}

/* The next message, to be freed; NULL when nobody serves any more: what was reserved is free then. */
static char *client_read(struct client *client) {
  char line[256];
  size_t length = 0; /* in bytes */
  while (fgets(line, sizeof line, client->from) && strcmp(line, "\r\n") != 0)
    if (strncmp(line, "Content-Length:", 15) == 0) length = strtoul(line + 15, NULL, 10);
  char *body = length ? calloc(length + 1, 1) : NULL;
  if (body && fread(body, 1, length, client->from) != length) free(body), body = NULL;
  return body;
}

/* Calls a method; the whole answer, to be freed, with "result" or "error" in it; NULL when nobody serves any more. */
static char *client_call(struct client *client, const char *method, const char *params) {
  char head[160], id[32];
  int length = snprintf(head, sizeof head, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":", ++client->last_id, method);
  dprintf(fileno(client->from), "Content-Length: %zu\r\n\r\n%s%s}", (size_t)length + strlen(params) + 1, head, params);
  snprintf(id, sizeof id, "\"id\":%d", client->last_id);
  for (char *message; (message = client_read(client)); free(message)) {
    if (strstr(message, "\"method\":")) client->told(message);
    else if (strstr(message, id)) return message;
  }
  return NULL;
}

/* Frees what is held, and closes. */
static void client_close(struct client *client) {
  shutdown(fileno(client->from), SHUT_WR);
  for (char *message; (message = client_read(client));) free(message);
  fclose(client->from);
}

static int is_told;
static void on_told(const char *message) {
  if (strstr(message, "\"removed\":[]") && strstr(message, "\"name\":\"démo\"")) is_told = 1;
}

/* Prints what stands behind the key in the answer, if it has a title, and gives it as a number; without it the program ends. */
static long show(const char *what, char *answer, const char *key) {
  const char *at = answer ? strstr(answer, key) : NULL;
  if (!at) fprintf(stderr, "%s\n", answer ? answer : "Nobody serves any more."), exit(1);
  long number = strtol(at += strlen(key), NULL, 10);
  if (what) printf("%s %.*s\n", what, (int)strcspn(at, ",}\""), at);
  free(answer);
  return number;
}

int main(void) {
  struct client ports;
  char params[160] = "{\"protocol\":\"tcp\",\"numberOfPorts\":2,\"name\":\"démo\"}";
  if (client_open(&ports, on_told) < 0) return perror("client"), 1;
  show(NULL, client_call(&ports, "initialize", "{\"protocolVersion\":1,\"capabilities\":{\"reservationChanged\":true}}"), "\"result\":");
  long first = show("reserved", client_call(&ports, "reservation/create", params), "\"startPort\":");
  for (char *message; !is_told && (message = client_read(&ports)); free(message)) on_told(message);
  printf("told %ld\n", first);
  show("listed", client_call(&ports, "reservation/list", "{\"name\":\"démo\"}"), "\"startPort\":");
  snprintf(params, sizeof params, "{\"protocol\":\"tcp\",\"startPort\":%ld}", first);
  show("refused", client_call(&ports, "reservation/create", params), "\"data\":{\"name\":\"");
  snprintf(params, sizeof params, "{\"protocol\":\"tcp\",\"range\":{\"startPort\":%ld,\"numberOfPorts\":2}}", first);
  show(NULL, client_call(&ports, "reservation/release", params), "\"result\":");
  puts("released");
  for (char *message; getenv("STAY") && (message = client_read(&ports));) free(message);
  if (getenv("STAY")) puts("gone");
  client_close(&ports);
}
