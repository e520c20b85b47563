// One simulated machine is one file, mapped by all its processes: persistent reservations are in it when they have all
// ended, and a higher boot number in a process' environment is the reboot that changes tokens and ends runtime ones.
#include "kernel.h"
#include <stdio.h>

#define CAPACITY 4096
#define MAGIC 0x4C425250 // 'PRBL'
#define LAYOUT 4

typedef struct {
  DWORD magic;
  DWORD layout;
  ULONG64 boot;
  ULONG64 issued; // tokens, ever
  DWORD dynamic[2][2];
  WinNat winnat;
  volatile LONG acquireCalls;
  Reservation reservations[CAPACITY];
} Machine;

static Machine *machine;
static HANDLE lock;
static FILETIME born;

// Bit 63 is always set, so a signed reader sees a negative number and a JSON number loses the low bits; the low 32
// bits count up, so that no two tokens are alike; bits 53 to 62 are the boot's.
static ULONG64 issueToken(void) {
  ULONG64 number = ++machine->issued;
  ULONG64 mixed = (number ^ machine->boot << 17) * 0x9E3779B97F4A7C15ull >> 43;
  return 1ull << 63 | (machine->boot & 0x3FF) << 53 | mixed << 32 | (number & 0xFFFFFFFF);
}

static void reboot(ULONG64 boot) {
  machine->boot = boot;
  for (int i = 0; i < CAPACITY; i++) {
    Reservation *r = &machine->reservations[i];
    if (r->kind == RUNTIME || r->kind == HIDDEN || r->kind == SERVER) r->kind = FREE;
    if (r->kind == PERSISTENT) r->token = issueToken();
    if (r->kind == EXCLUSION && !(r->stores & PERSISTENT_STORE)) r->kind = FREE;
    if (r->kind == EXCLUSION) r->stores |= ACTIVE_STORE;
  }
}

static BOOL bornAt(HANDLE process, FILETIME *time) {
  FILETIME ended, inKernel, inUser;
  return GetProcessTimes(process, time, &ended, &inKernel, &inUser);
}

BOOL isOwn(const Reservation *r) {
  return r->owner == GetCurrentProcessId() && CompareFileTime(&r->ownerBorn, &born) == 0;
}

static BOOL isOwnerAlive(const Reservation *r) {
  if (isOwn(r)) return TRUE;
  HANDLE process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, r->owner);
  if (!process) return FALSE;
  FILETIME time;
  BOOL alive = bornAt(process, &time) && CompareFileTime(&r->ownerBorn, &time) == 0 &&
               WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
  CloseHandle(process);
  return alive;
}

void enterMachine(void) {
  WaitForSingleObject(lock, INFINITE); // WAIT_ABANDONED too: each reservation becomes real with its last write, `kind`
  for (int i = 0; i < CAPACITY; i++) {
    Reservation *r = &machine->reservations[i];
    if (r->kind == RUNTIME && !isOwnerAlive(r)) r->kind = FREE;
  }
}

void leaveMachine(void) { ReleaseMutex(lock); }

DWORD *dynamicRange(DWORD protocol) { return machine->dynamic[protocol == IPPROTO_UDP]; }

WinNat *winnat(void) { return &machine->winnat; }

volatile LONG *acquireCalls(void) { return &machine->acquireCalls; }

BOOL isInForce(const Reservation *r) {
  if (r->kind == DRIVER) return machine->winnat.state == SERVICE_RUNNING;
  return r->kind == EXCLUSION ? (r->stores & ACTIVE_STORE) != 0 : r->kind != FREE;
}

// What is closed to binds goes before an exclusion of the same ports.
Reservation *findOverlap(DWORD protocol, DWORD first, DWORD count) {
  Reservation *open = NULL;
  for (int i = 0; i < CAPACITY; i++) {
    Reservation *r = &machine->reservations[i];
    BOOL apart = first >= (DWORD)r->first + r->count || r->first >= first + count;
    if (r->protocol != protocol || apart || !isInForce(r)) continue;
    if (r->kind != EXCLUSION) return r;
    open = r;
  }
  return open;
}

// Two that begin at one port come in the order of their places.
Reservation *nextReservation(DWORD protocol, const Reservation *before) {
  Reservation *next = NULL;
  for (int i = 0; i < CAPACITY; i++) {
    Reservation *r = &machine->reservations[i];
    if (r->kind == FREE || r->protocol != protocol) continue;
    if (before && (r->first < before->first || (r->first == before->first && r <= before))) continue;
    if (!next || r->first < next->first) next = r;
  }
  return next;
}

Reservation *findExact(DWORD protocol, DWORD first, DWORD count) {
  Reservation *r = findOverlap(protocol, first, count);
  return r && r->kind == PERSISTENT && r->first == first && r->count == count ? r : NULL;
}

Reservation *findToken(ULONG64 token) {
  for (int i = 0; i < CAPACITY; i++) {
    Reservation *r = &machine->reservations[i];
    if ((r->kind == PERSISTENT || r->kind == RUNTIME) && r->token == token) return r;
  }
  return NULL;
}

Reservation *addReservation(Kind kind, DWORD protocol, DWORD first, DWORD count, SOCKET socket) {
  for (int i = 0; i < CAPACITY; i++) {
    Reservation *r = &machine->reservations[i];
    if (r->kind != FREE) continue;
    r->token = issueToken();
    r->socket = socket;
    r->owner = GetCurrentProcessId();
    r->ownerBorn = born;
    r->first = first;
    r->count = count;
    r->protocol = protocol;
    r->stores = r->code = 0;
    MemoryBarrier();
    r->kind = kind;
    return r;
  }
  return NULL;
}

void dropAcquiredOn(SOCKET socket) {
  for (int i = 0; i < CAPACITY; i++) {
    Reservation *r = &machine->reservations[i];
    if (r->kind == RUNTIME && r->socket == socket && isOwn(r)) r->kind = FREE;
  }
}

BOOL openMachine(void) {
  WCHAR path[MAX_PATH], name[64];
  DWORD length = GetEnvironmentVariableW(L"LAB_STATE", path, MAX_PATH);
  if (length == 0 || length >= MAX_PATH) return FALSE;
  ULONG64 hash = 14695981039346656037ull;
  for (WCHAR *c = path; *c; c++) hash = (hash ^ towlower(*c)) * 1099511628211ull;
  swprintf(name, 64, L"Local\\PortReservationLab-%016llx", hash);
  lock = CreateMutexW(NULL, FALSE, name);
  HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);
  if (!lock || file == INVALID_HANDLE_VALUE) return FALSE;
  bornAt(GetCurrentProcess(), &born);
  WaitForSingleObject(lock, INFINITE); // before the mapping: its size is the file's
  HANDLE mapping = CreateFileMappingW(file, NULL, PAGE_READWRITE, 0, sizeof(Machine), NULL);
  machine = mapping ? MapViewOfFile(mapping, FILE_MAP_ALL_ACCESS, 0, 0, sizeof(Machine)) : NULL;
  if (machine && !machine->magic) {
    machine->boot = 1;
    for (int i = 0; i < 2; i++) machine->dynamic[i][0] = 49152, machine->dynamic[i][1] = 16384;
    machine->layout = LAYOUT;
    machine->magic = MAGIC;
  }
  BOOL usable = machine && machine->magic == MAGIC && machine->layout == LAYOUT;
  if (usable && wantedBoot() > machine->boot) reboot(wantedBoot());
  ReleaseMutex(lock);
  return usable;
}
