// The tables of sockets are Wine's. The fault `HTTP.sys=port` makes the listener on that port the kernel's, process 4, as
// HTTP.sys's are.
#include "kernel.h"

#define SYSTEM_PROCESS 4

DWORD WINAPI labGetExtendedTcpTable(PVOID table, PDWORD size, BOOL order, ULONG family, TCP_TABLE_CLASS kind, ULONG reserved) {
  DWORD error = GetExtendedTcpTable(table, size, order, family, kind, reserved);
  int port = error || kind != TCP_TABLE_OWNER_PID_ALL ? 0 : faultOf("HTTP.sys");
  if (!port) return error;
  MIB_TCPTABLE_OWNER_PID *four = table;
  MIB_TCP6TABLE_OWNER_PID *six = table;
  for (DWORD i = 0; family == AF_INET && i < four->dwNumEntries; i++)
    if (four->table[i].dwLocalPort == htons(port)) four->table[i].dwOwningPid = SYSTEM_PROCESS;
  for (DWORD i = 0; family == AF_INET6 && i < six->dwNumEntries; i++)
    if (six->table[i].dwLocalPort == htons(port)) six->table[i].dwOwningPid = SYSTEM_PROCESS;
  return error;
}
