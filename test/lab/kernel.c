/*
A simulated kernel for port reservations, for Windows processes under Wine. Loaded into a process it gives iphlpapi.dll
the six functions it lacks there and makes ws2_32.dll keep the rules below; everything else stays Wine's. Structures,
codes and prototypes come from the real headers. It shows that a caller does what the documentation says, not that
Windows does.

Rules. "§" is the section of the fact sheet port-reservation-apis.md. D: documented, O: observed by others, I: inferred.
OPEN: nobody knows yet; what stands here is an assumption, to be answered by a first run on a real Windows (§7).

  rule                                                                                          §        standing
  six functions                                                                                 1
  StartPort in network order, NumberOfPorts in host order                                       1.1      D
  StartPort 0 or NumberOfPorts 0 -> 87, all six                                                 1.2      D
  block past 65535: Create -> 87                                                                1.2      D
  block past 65535: Lookup, Delete -> 1168                                                      1.2      I
  Create over a persistent block, equal or overlapping -> 32                                    1.2      D
  Create over a runtime block -> 32                                                             1.2      I
  Create while a port of the block is bound -> 32, nothing is made (real exclusive dual binds)  1.2      D
  adjacent blocks stay separate                                                                 1.2      D
  Lookup, Delete of any other start or count -> 1168                                            1.2      D
  Create, Delete unelevated -> 5                                                                1.5      D
  parameters are checked before rights                                                          1.5      OPEN
  Lookup unelevated is allowed                                                                  1.5, 7.3 I, OPEN
  a wrong pointer for the token -> 87                                                           1.3      I
  tokens: never 0, unique, 64 bits wide, other ones after each reboot; blocks stay              1.4, 1.6 D
  TCP and UDP are two stores; IPv4 and IPv6 are one                                             1, 7.6   D; I, OPEN
  Delete while an associated socket is open succeeds; the socket keeps its port                 7.7      OPEN

  ioctls                                                                                        2
  no socket -> 10038; neither TCP nor UDP -> 10045                                              2.4      D
  NULL or short input, no place for the byte count -> 10014                                     2.4      D
  ACQUIRE: output under 16 bytes -> 10022, bytes 0; else bytes 16                               2.3      D
  ASSOCIATE, RELEASE: an output size that is not 0 -> 10022                                     2.3      D
  overlapped calls -> 10045: not simulated                                                      2.3      -
  ACQUIRE needs no rights                                                                       2.5, 7.5 I, OPEN
  ACQUIRE start 0: any free block, here in the dynamic range; none -> 10048                     2.5      D; code OPEN
  ACQUIRE of used or reserved ports -> 10048                                                    2.4, 7.5 O
  ACQUIRE count 0, block past 65535 -> 10022                                                    2.5, 7.5 OPEN
  several ACQUIREs on one socket; ASSOCIATE on the acquiring socket                             2.5      O
  a runtime block ends with closesocket of the acquiring socket, its process or the boot        2.5      D
  RELEASE by another process, of a persistent or an unknown token -> 10022                      2.5      D; code OPEN
  RELEASE while an associated socket is open -> 10022                                           2.5      O; code OPEN
  ASSOCIATE after bind, of an unknown token -> 10022                                            2.5      D; code I
  ASSOCIATE of a runtime token of another process -> 10022                                      2.5      D; code I
  ASSOCIATE of a persistent token unelevated -> 10013                                           2.4      D
  ASSOCIATE of a TCP token on a UDP socket and the other way -> 10022                           2.5, 7.4 OPEN
  a second ASSOCIATE on one socket -> 10022                                                     -        OPEN
  WSADuplicateSocket does not carry an association to the other process                         2.5      OPEN

  bind, and connect or sendto that bind by themselves                                           2.5
  without the token, by number, into a reservation -> 10013, elevated or not                    2.5, 7.2 O, OPEN
  without the token, port 0: of the dynamic range, never of a reservation; none -> 10055        2.5      D; code OPEN
  with the token, port 0: a port of the block                                                   2.5      D
  with the token, port 0, none free -> 10048                                                    2.5, 7.4 OPEN
  with the token, by number in the block: allowed; taken -> 10048                               2.5      O
  with the token, by number outside the block -> 10022                                          2.5, 7.4 OPEN
  with a token whose reservation has gone -> 10022                                              -        OPEN

  exclusions and WinNAT, as netsh.c and winnat.c change them                                    3
  an exclusion stops Create, ACQUIRE and automatic choice, and no bind by number                0, 2.4   O
  add: over anything reserved, excluded or bound -> 32, unelevated -> refused                   3.1      O
  add store=persistent: at once and after a reboot; store=active: until reboot                  3.1      D
  delete: exactly an exclusion; of another's row -> 5                                           3.1      O
  store=persistent shows exclusions and Create's blocks, store=active all that is in force      3.1, 7.1 I, OPEN
  one table for IPv4 and IPv6                                                                   1        I
  WinNAT's ranges: closed to every bind, gone while its service is stopped                      3.6, 3.7 O
  started again, WinNAT leaves what others have taken meanwhile                                 3.7      O
  its service can be looked at by everyone, stopped and started elevated                        3.7      I

  hidden ranges, as WSL's mirrored networking keeps them, and HTTP.sys                          Addendum
  no table of netsh shows one; bind and ACQUIRE by number inside -> 10048, or 10013             Addendum O
  Create inside -> 32; an exclusion over one is made, and changes nothing                       Addendum I
  HcnEnumerateGuestNetworkPortReservations lists it elevated, else 0x80070005                   Addendum D; I, OPEN
  HTTP.sys takes a port that is excluded, reserved or another's -> 32                           Addendum O
  a port of HTTP.sys is a row of one port without star, and stays so while WinNAT stops         3.6      O

Environment of the process, read where it is needed:
  LAB_STATE     file of the simulated machine, as a Windows path; without it the DLL does not load
  LAB_BOOT      number of the boot; a higher one than the machine's is a reboot
  LAB_ELEVATED  1: elevated; TokenElevation and membership in Administrators answer the same
  LAB_FAULTS    `name=code` or `name=code*times`, separated by blanks: the call gives that code instead. Names: the six
                functions, the three SIO_ codes, bind, OpenProcess, those of the service manager for WinNAT, HTTP.sys
                (tables.c), RtlGetVersion (its code is the build that Windows says it is), computenetwork.dll (it does not
                load), HcnEnumerateGuestNetworkPortReservations, and those of netsh.c. A function with =127 is missing from
                iphlpapi.dll (GetProcAddress).
*/
#include "kernel/kernel.h"
#include <stdio.h>
#include <string.h>

extern IMAGE_DOS_HEADER __ImageBase;

static BOOL isOneOfTheSix(LPCSTR name) {
  BOOL verb = !strncmp(name, "Create", 6) || !strncmp(name, "Lookup", 6) || !strncmp(name, "Delete", 6);
  return verb && (!strcmp(name + 6, "PersistentTcpPortReservation") || !strcmp(name + 6, "PersistentUdpPortReservation"));
}

NTSTATUS WINAPI labGetProcedureAddress(HMODULE module, const ANSI_STRING *name, ULONG ordinal, PVOID *address) {
  BOOL ours = name && isOneOfTheSix(name->Buffer) && module == GetModuleHandleA("iphlpapi.dll");
  if (!ours) return LdrGetProcedureAddress(module, name, ordinal, address);
  if (isMissing(name->Buffer)) return STATUS_ENTRYPOINT_NOT_FOUND;
  return LdrGetProcedureAddress((HMODULE)&__ImageBase, name, ordinal, address);
}

// `original` where the import library's name leads through another module's import table, which gets replaced as well.
static const struct {
  const char *module, *name;
  void *replacement, *original;
} replacements[] = {
    {"ntdll.dll", "LdrGetProcedureAddress", labGetProcedureAddress, NULL},
    {"ntdll.dll", "RtlGetVersion", labRtlGetVersion, NULL},
    {"iphlpapi.dll", "GetExtendedTcpTable", labGetExtendedTcpTable, NULL},
    {"kernel32.dll", "OpenProcess", labOpenProcess, NULL},
    {"kernelbase.dll", "GetTokenInformation", labGetTokenInformation, &realGetTokenInformation},
    {"kernelbase.dll", "CheckTokenMembership", labCheckTokenMembership, &realCheckTokenMembership},
    {"advapi32.dll", "OpenServiceW", labOpenServiceW, NULL},
    {"advapi32.dll", "QueryServiceStatus", labQueryServiceStatus, NULL},
    {"advapi32.dll", "ControlService", labControlService, NULL},
    {"advapi32.dll", "StartServiceW", labStartServiceW, NULL},
    {"advapi32.dll", "CloseServiceHandle", labCloseServiceHandle, NULL},
    {"ws2_32.dll", "bind", labBind, NULL},
    {"ws2_32.dll", "closesocket", labCloseSocket, NULL},
    {"ws2_32.dll", "connect", labConnect, NULL},
    {"ws2_32.dll", "WSAConnect", labWSAConnect, NULL},
    {"ws2_32.dll", "sendto", labSendTo, NULL},
    {"ws2_32.dll", "WSASendTo", labWSASendTo, NULL},
    {"ws2_32.dll", "WSAIoctl", labWSAIoctl, NULL},
};

static BOOL fail(const char *what) {
  fprintf(stderr, "port reservation lab: %s\n", what);
  return FALSE;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  (void)reserved;
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  DisableThreadLibraryCalls(self);
  if (!openMachine()) return fail("LAB_STATE names no file that can be the state of a machine");
  for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++)
    if (!redirect(replacements[i].module, replacements[i].name, replacements[i].replacement, replacements[i].original))
      return fail(replacements[i].name);
  HMODULE pinned;
  return GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCSTR)DllMain, &pinned);
}

// Makes the DLL an addon too, so that `node --require kernel.node` (also in NODE_OPTIONS) is all it takes to load it.
__declspec(dllexport) void *napi_register_module_v1(void *environment, void *exports) {
  (void)environment;
  return exports;
}
