// What a process' environment asks of the simulated kernel.
#include "kernel.h"
#include <stdlib.h>
#include <string.h>

#define FAULTS 32

static struct {
  const char *name;
  int code;
  volatile LONG left; // how often still
} faults[FAULTS];

BOOL isElevated(void) {
  char value[8] = "";
  GetEnvironmentVariableA("LAB_ELEVATED", value, sizeof value);
  return strcmp(value, "1") == 0;
}

ULONG64 wantedBoot(void) {
  char value[32] = "";
  GetEnvironmentVariableA("LAB_BOOT", value, sizeof value);
  return strtoull(value, NULL, 10);
}

// LAB_FAULTS: `name=code` or `name=code*times`, separated by blanks.
static BOOL CALLBACK readFaults(PINIT_ONCE once, PVOID parameter, PVOID *context) {
  (void)once, (void)parameter, (void)context;
  static char text[4096];
  DWORD length = GetEnvironmentVariableA("LAB_FAULTS", text, sizeof text);
  if (length >= sizeof text) *text = 0;
  int count = 0;
  for (char *item = strtok(text, " "); item && count < FAULTS; item = strtok(NULL, " ")) {
    char *code = strchr(item, '='), *times = strchr(item, '*');
    if (!code) continue;
    *code++ = 0;
    faults[count].name = item;
    faults[count].code = atoi(code);
    faults[count++].left = times ? atol(times + 1) : MAXLONG;
  }
  return TRUE;
}

static int indexOf(const char *name, int from) {
  static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
  InitOnceExecuteOnce(&once, readFaults, NULL, NULL);
  while (from < FAULTS && faults[from].name && strcmp(faults[from].name, name)) from++;
  return from < FAULTS && faults[from].name ? from : -1;
}

int faultOf(const char *name) {
  for (int i = indexOf(name, 0); i >= 0; i = indexOf(name, i + 1))
    if (InterlockedDecrement(&faults[i].left) >= 0) return faults[i].code;
  return 0;
}

BOOL isMissing(const char *function) {
  int i = indexOf(function, 0);
  return i >= 0 && faults[i].code == ERROR_PROC_NOT_FOUND;
}

BOOL (WINAPI *realGetTokenInformation)(HANDLE, TOKEN_INFORMATION_CLASS, LPVOID, DWORD, PDWORD);
BOOL (WINAPI *realCheckTokenMembership)(HANDLE, PSID, PBOOL);

// As for a process of another user.
HANDLE WINAPI labOpenProcess(DWORD access, BOOL inherit, DWORD id) {
  int fault = id == GetCurrentProcessId() ? 0 : faultOf("OpenProcess");
  if (fault) SetLastError(fault);
  return fault ? NULL : OpenProcess(access, inherit, id);
}

// So that whoever asks Windows itself "am I elevated?" hears the same.
BOOL WINAPI labGetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS kind, LPVOID out, DWORD size, PDWORD needed) {
  BOOL done = realGetTokenInformation(token, kind, out, size, needed);
  if (done && out && kind == TokenElevation) ((TOKEN_ELEVATION *)out)->TokenIsElevated = isElevated();
  if (done && out && kind == TokenElevationType && !isElevated()) *(TOKEN_ELEVATION_TYPE *)out = TokenElevationTypeLimited;
  return done;
}

BOOL WINAPI labCheckTokenMembership(HANDLE token, PSID sid, PBOOL isMember) {
  BOOL done = realCheckTokenMembership(token, sid, isMember);
  if (done && IsWellKnownSid(sid, WinBuiltinAdministratorsSid)) *isMember = isElevated();
  return done;
}

// The build is what Windows calls itself.
NTSTATUS WINAPI labRtlGetVersion(PRTL_OSVERSIONINFOW version) {
  NTSTATUS status = RtlGetVersion(version);
  int build = faultOf("RtlGetVersion");
  if (build) version->dwBuildNumber = build;
  return status;
}
