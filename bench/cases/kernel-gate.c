// kernel-gate GATED FREE WHAT ROUNDS LOOPS [TOKEN]: times the same loop in two control groups in turn, by the thread's
// CPU time, and prints the median ratio and both medians in nanoseconds a loop. WHAT is a port to bind, or `option`.
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static void enter(const char *group) {
  char file[4096];
  snprintf(file, sizeof file, "%s/cgroup.procs", group);
  int processes = open(file, O_WRONLY);
  if (processes < 0 || write(processes, "0", 1) != 1) exit((perror(file), 1));
  close(processes);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, count, sizeof *values, ascending);
  return values[count / 2];
}

static void bind_once(struct sockaddr_in *name, const uint64_t *token) {
  int server = socket(AF_INET, SOCK_STREAM, 0);
  if (token) setsockopt(server, 0x5052, 1, token, sizeof *token); // refused where nothing takes tokens: the floor
  if (bind(server, (void *)name, sizeof *name) < 0 && !token) exit((perror("bind"), 1));
  close(server);
}

static double loop(const char *what, int loops, const uint64_t *token) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(atoi(what))};
  int server = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  double start = now();
  for (int i = 0; i < loops; i++) {
    if (*what == 'o') setsockopt(server, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    else bind_once(&name, token);
  }
  double took = (now() - start) / loops;
  close(server);
  return took;
}

int main(int count, char **words) {
  int rounds = atoi(words[4]), loops = atoi(words[5]);
  uint64_t token = count > 6 ? strtoull(words[6], NULL, 10) : 0;
  double *times[2] = {calloc(rounds, sizeof(double)), calloc(rounds, sizeof(double))};
  double *ratios = calloc(rounds, sizeof(double));
  for (int round = 0; round < rounds; round++) {
    for (int turn = 0; turn < 2; turn++) {
      int which = (round + turn) % 2;
      enter(words[1 + which]);
      times[which][round] = loop(words[3], loops, token ? &token : NULL);
    }
    ratios[round] = times[0][round] / times[1][round];
  }
  printf("{\"ratio\":%f,\"gated\":%f,\"free\":%f}\n", median(ratios, rounds), median(times[0], rounds), median(times[1], rounds));
}
