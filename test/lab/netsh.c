/*
Stands in for netsh.exe, which is a stub in Wine: no output, exit code 0. So it is here too where there is no simulated
machine (LAB_STATE). On one it shows and changes the machine's table:

  netsh interface ipv4|ipv6 show|add|delete excludedportrange [protocol=]tcp|udp [startport=]N [numberofports=]N
                                                              [[store=]active|persistent]
  netsh interface ipv4|ipv6 show|set dynamicport [protocol=]tcp|udp [startport=]N [numberofports=]N
  netsh http show urlacl; add and delete of one are taken, and change nothing that is simulated

Names may be shortened, as netsh lets them be.

Environment, beside that of the simulated kernel:
  LAB_TEXTS   a folder: what is printed comes from its files, as bytes, where it has them. tcp, udp: all before the rows of
              the ranges; foot: all behind; urlacl: the url reservations
  LAB_NETSH   a folder: nothing but the file there that is named by the arguments, joined by blanks, is printed, if there
              is one, and the exit code is LAB_NETSH_CODE
  LAB_NETSH_LOG  a file: each start adds a line with its arguments
  LAB_FAULTS  netsh.show, netsh.add, netsh.delete: fail with the code's text; 1: exit code 0 without any effect.
              netsh.denies: what is added or deleted is, and "Access is denied." is said.
              netsh.oneStore: store=persistent changes that store alone
*/
#include "kernel/kernel.h"
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_ELEVATION_REQUIRED 740 // not in these headers

enum { PROTOCOL, START, COUNT, STORE, OPTIONS };
static const char *const names[OPTIONS] = {"protocol", "startport", "numberofports", "store"};

static const char tableHead[] = "\r\nProtocol %s Port Exclusion Ranges\r\n\r\nStart Port    End Port      \r\n"
                                "----------    --------      \r\n";
static const char tableFoot[] = "\r\n* - Administered port exclusions.\r\n\r\n";
static const char dynamicTable[] = "\r\nProtocol %s Dynamic Port Range\r\n---------------------------------\r\n"
                                   "Start Port      : %lu\r\nNumber of Ports : %lu\r\n\r\n";

static BOOL isWord(const char *given, const char *word) { return *given && !_strnicmp(given, word, strlen(given)); }

static BOOL printFile(const char *folder, const char *name) {
  char path[1024], text[4096];
  if (!folder || snprintf(path, sizeof path, "%s\\%s", folder, name) >= (int)sizeof path) return FALSE;
  FILE *file = fopen(path, "rb");
  if (!file) return FALSE;
  for (size_t read; (read = fread(text, 1, sizeof text, file)) > 0;) fwrite(text, 1, read, stdout);
  fclose(file);
  return TRUE;
}

static int fail(int code) {
  const char *text = code == ERROR_ELEVATION_REQUIRED ? "The requested operation requires elevation (Run as administrator)."
                     : code == ERROR_ACCESS_DENIED    ? "Access is denied."
                     : code == ERROR_FILE_NOT_FOUND   ? "The system cannot find the file specified."
                     : code == ERROR_SHARING_VIOLATION
                         ? "The process cannot access the file because it is being used by another process."
                         : "The parameter is incorrect.";
  printf("%s\r\n\r\n", text);
  return 1;
}

static int done(int code) {
  if (code) return fail(code);
  fputs("Ok.\r\n\r\n", stdout);
  return 0;
}

static BOOL isShown(const Reservation *r, BOOL persistent) {
  if (r->kind == HIDDEN) return FALSE;
  if (!persistent) return isInForce(r);
  return r->kind == PERSISTENT || (r->kind == EXCLUSION && r->stores & PERSISTENT_STORE);
}

static int showRanges(const char *protocol, DWORD number, BOOL persistent) {
  const char *texts = getenv("LAB_TEXTS");
  if (!printFile(texts, protocol)) printf(tableHead, protocol);
  for (Reservation *r = NULL; (r = nextReservation(number, r));)
    if (isShown(r, persistent))
      printf("%10u  %10u%s\r\n", r->first, r->first + r->count - 1, r->kind == EXCLUSION ? "     *" : "      ");
  if (!printFile(texts, "foot")) fputs(tableFoot, stdout);
  return 0;
}

static Reservation *findExclusion(DWORD protocol, DWORD first, DWORD count) {
  for (Reservation *r = NULL; (r = nextReservation(protocol, r));)
    if (r->kind == EXCLUSION && r->first == first && r->count == count) return r;
  return NULL;
}

// What is hidden keeps no exclusion from being made.
static Reservation *findShown(DWORD protocol, DWORD first, DWORD count) {
  for (Reservation *r = NULL; (r = nextReservation(protocol, r));) {
    BOOL apart = first >= (DWORD)r->first + r->count || r->first >= first + count;
    if (!apart && r->kind != HIDDEN && isInForce(r)) return r;
  }
  return NULL;
}

static int add(DWORD protocol, DWORD first, DWORD count, DWORD stores) {
  if (!first || !count || first + count - 1 > LAST_PORT) return ERROR_INVALID_PARAMETER;
  WSADATA winsock;
  WSAStartup(MAKEWORD(2, 2), &winsock); // a port's use is found by binding it
  Reservation *there = stores & ACTIVE_STORE ? findShown(protocol, first, count) : NULL;
  Reservation *other = findExclusion(protocol, first, count);
  if (other && !(other->stores & stores)) return other->stores |= stores, 0;
  if (there || other || isBlockUsed(protocol, first, count)) return ERROR_SHARING_VIOLATION;
  Reservation *made = addReservation(EXCLUSION, protocol, first, count, INVALID_SOCKET);
  if (made) made->stores = stores;
  return made ? 0 : ERROR_NO_SYSTEM_RESOURCES;
}

// store=persistent, the default, takes it out of both stores.
static int delete(DWORD protocol, DWORD first, DWORD count, DWORD stores) {
  for (Reservation *r = NULL; (r = nextReservation(protocol, r));) {
    if (r->first != first || r->count != count) continue;
    if (r->kind != EXCLUSION) return ERROR_ACCESS_DENIED;
    r->stores &= ~stores;
    if (!r->stores) r->kind = FREE;
    return 0;
  }
  return ERROR_FILE_NOT_FOUND;
}

// By name or by place, as netsh takes them.
static BOOL readOptions(int count, char **arguments, char *options[OPTIONS]) {
  for (int i = 0, place = 0; i < count; i++) {
    char *value = strchr(arguments[i], '=');
    if (value) {
      *value++ = 0;
      for (place = 0; place < OPTIONS && !isWord(arguments[i], names[place]);) place++;
    } else value = arguments[i];
    if (place >= OPTIONS) return FALSE;
    options[place++] = value;
  }
  return options[PROTOCOL] && (isWord(options[PROTOCOL], "tcp") || isWord(options[PROTOCOL], "udp"));
}

static int run(const char *verb, const char *what, char *options[OPTIONS]) {
  DWORD protocol = isWord(options[PROTOCOL], "tcp") ? IPPROTO_TCP : IPPROTO_UDP;
  DWORD first = options[START] ? atoi(options[START]) : 0, count = options[COUNT] ? atoi(options[COUNT]) : 0;
  BOOL active = options[STORE] && isWord(options[STORE], "active");
  DWORD stores = active ? ACTIVE_STORE : faultOf("netsh.oneStore") ? PERSISTENT_STORE : ACTIVE_STORE | PERSISTENT_STORE;
  DWORD *dynamic = dynamicRange(protocol);
  const char *protocolName = protocol == IPPROTO_TCP ? "tcp" : "udp";
  BOOL excluded = isWord(what, "excludedportrange");
  // By place, the store is the second of what `show` takes.
  const char *shown = options[STORE] ? options[STORE] : options[START];
  if (isWord(verb, "show") && excluded) return showRanges(protocolName, protocol, shown && isWord(shown, "persistent"));
  if (isWord(verb, "show")) return printf(dynamicTable, protocolName, dynamic[0], dynamic[1]), 0;
  if (!isElevated()) return fail(ERROR_ELEVATION_REQUIRED);
  if (isWord(verb, "add")) return done(add(protocol, first, count, stores));
  if (isWord(verb, "delete")) return done(delete(protocol, first, count, stores));
  if (first < 1025 || count < 255 || first + count - 1 > LAST_PORT) return done(ERROR_INVALID_PARAMETER);
  dynamic[0] = first, dynamic[1] = count;
  return done(0);
}

static int runOnMachine(int count, char **arguments) {
  char fault[16], *options[OPTIONS] = {0};
  if (count > 3 && isWord(arguments[0], "http") && isWord(arguments[2], "urlacl")) return done(isElevated() ? 0 : ERROR_ACCESS_DENIED);
  if (count == 3 && isWord(arguments[0], "http")) {
    printFile(getenv("LAB_TEXTS"), "urlacl");
    return 0;
  }
  if (count < 5 || !isWord(arguments[0], "interface") || !readOptions(count - 4, arguments + 4, options))
    return fail(ERROR_INVALID_PARAMETER);
  snprintf(fault, sizeof fault, "netsh.%s", arguments[2]);
  int code = faultOf(fault);
  if (code) return code == 1 ? done(0) : fail(code);
  if (!openMachine()) return fail(ERROR_INVALID_PARAMETER);
  enterMachine();
  int result = run(arguments[2], arguments[3], options);
  leaveMachine();
  BOOL shows = isWord(arguments[2], "show");
  return !shows && result == 0 && faultOf("netsh.denies") ? fail(ERROR_ACCESS_DENIED) : result;
}

static void note(int count, char **arguments) {
  const char *path = getenv("LAB_NETSH_LOG");
  FILE *log = path ? fopen(path, "ab") : NULL;
  if (!log) return;
  for (int i = 1; i < count; i++) fprintf(log, "%s%s", arguments[i], i + 1 < count ? " " : "\n");
  fclose(log);
}

int main(int count, char **arguments) {
  note(count, arguments);
  const char *folder = getenv("LAB_NETSH"), *code = getenv("LAB_NETSH_CODE");
  _setmode(_fileno(stdout), _O_BINARY);
  if (!folder) return getenv("LAB_STATE") ? runOnMachine(count - 1, arguments + 1) : 0;
  char name[1024];
  int length = 0;
  for (int i = 1; i < count && length < (int)sizeof name; i++)
    length += snprintf(name + length, sizeof name - length, "%s%s", i > 1 ? " " : "", arguments[i]);
  if (length < (int)sizeof name) printFile(folder, name);
  return code ? atoi(code) : 0;
}
