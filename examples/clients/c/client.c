/* A client of PortReservation in plain C: joins who serves, or starts a worker. It reads no more of JSON than it needs; with a
   JSON library at hand, use that for the bodies. Copy what is above main. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct client {
  FILE *from, *to;
  int last_id;
};

/* At the address, or else by a worker of one's own; 0 when somebody serves. */
static int client_open(struct client *client, const char *command) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const char *path = getenv("PORT_RESERVATION_ADDRESS");
  client->last_id = 0;
  if (path && strlen(path) < sizeof address.sun_path) {
    strcpy(address.sun_path, path);
    int connection = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0) {
      client->from = fdopen(connection, "r");
      client->to = fdopen(dup(connection), "w");
      return 0;
    }
    close(connection);
  }
  int in[2], out[2];
  if (pipe(in) < 0 || pipe(out) < 0) return -1;
  if (fork() == 0) {
    dup2(in[0], 0), dup2(out[1], 1);
    close(in[0]), close(in[1]), close(out[0]), close(out[1]);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
  }
  close(in[0]), close(out[1]);
  client->from = fdopen(out[0], "r");
  client->to = fdopen(in[1], "w");
  return 0;
}

/* The next message, to be freed; NULL when nobody serves any more: what was reserved is free then. */
static char *client_read(struct client *client) {
  char line[256];
  size_t length = 0;
  while (fgets(line, sizeof line, client->from) && strcmp(line, "\r\n") != 0)
    if (strncmp(line, "Content-Length:", 15) == 0) length = strtoul(line + 15, NULL, 10);
  char *body = length ? calloc(length + 1, 1) : NULL;
  if (body && fread(body, 1, length, client->from) == length) return body;
  free(body);
  return NULL;
}

/* Calls a method; the whole answer, to be freed: "result" or "error" is in it. What the service tells meanwhile goes to told. */
static char *client_call(struct client *client, const char *method, const char *params, void (*told)(const char *)) {
  char id[32], head[160];
  snprintf(id, sizeof id, "\"id\":%d,", ++client->last_id);
  int length = snprintf(head, sizeof head, "{\"jsonrpc\":\"2.0\",%s\"method\":\"%s\",\"params\":", id, method);
  fprintf(client->to, "Content-Length: %zu\r\n\r\n%s%s}", (size_t)length + strlen(params) + 1, head, params);
  if (fflush(client->to) != 0) return NULL;
  snprintf(id, sizeof id, "\"id\":%d", client->last_id);
  for (char *message; (message = client_read(client)); free(message)) {
    if (strstr(message, "\"method\":")) told(message);
    else if (strstr(message, id)) return message;
  }
  return NULL;
}

/* The number behind a key, or -1; the text behind it, or an empty one. */
static long number_of(const char *message, const char *key) {
  const char *at = message ? strstr(message, key) : NULL;
  return at ? strtol(at + strlen(key), NULL, 10) : -1;
}
static const char *text_of(const char *message, const char *key, char *text, size_t size) {
  const char *at = message ? strstr(message, key) : NULL;
  snprintf(text, size, "%.*s", at ? (int)strcspn(at + strlen(key), "\"") : 0, at ? at + strlen(key) : "");
  return text;
}

static int is_told;
static void on_told(const char *message) {
  const char *added = strstr(message, "\"added\":");
  if (strstr(message, "reservation/changed") && added && strstr(added, "\"name\":\"demo\"")) is_told = 1;
}

int main(void) {
  struct client ports;
  char params[160], name[64];
  const char *command = getenv("PORTRESERVATION");
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (client_open(&ports, command ? command : "portreservation serve --stdio") < 0) return 1;
  snprintf(params, sizeof params,
           "{\"protocolVersion\":1,\"processId\":%ld,\"capabilities\":{\"reservationChanged\":true}}", (long)getpid());
  free(client_call(&ports, "initialize", params, on_told));
  char *made = client_call(&ports, "reservation/create", "{\"protocol\":\"tcp\",\"numberOfPorts\":2,\"name\":\"demo\"}", on_told);
  long first = number_of(made, "\"startPort\":");
  if (first < 0) return fprintf(stderr, "%s\n", made ? made : "nobody serves"), 1;
  free(made);
  printf("reserved %ld\n", first);
  while (!is_told) {
    char *message = client_read(&ports);
    if (!message) return 1;
    on_told(message);
    free(message);
  }
  printf("told %ld\n", first);
  char *listed = client_call(&ports, "reservation/list", "{\"name\":\"demo\"}", on_told);
  printf("listed %d\n", number_of(listed, "\"startPort\":") == first);
  snprintf(params, sizeof params, "{\"protocol\":\"tcp\",\"startPort\":%ld}", first);
  char *refused = client_call(&ports, "reservation/create", params, on_told);
  printf("refused %s\n", text_of(strstr(refused, "\"data\":"), "\"name\":\"", name, sizeof name));
  snprintf(params, sizeof params, "{\"protocol\":\"tcp\",\"range\":{\"startPort\":%ld,\"numberOfPorts\":2}}", first);
  free(client_call(&ports, "reservation/release", params, on_told));
  puts("released");
  if (getenv("STAY")) {
    for (char *message; (message = client_read(&ports));) free(message);
    puts("gone");
  }
  return 0;
}
