// The six functions of iphlpapi.dll. StartPort is in network byte order, NumberOfPorts is not.
#include "kernel.h"

static BOOL isBlock(DWORD first, DWORD count) { return first && count && first + count - 1 <= LAST_PORT; }

static ULONG create(const char *function, DWORD protocol, USHORT start, USHORT count, PULONG64 token) {
  int fault = faultOf(function);
  if (fault) return fault;
  DWORD first = ntohs(start);
  if (!isBlock(first, count) || !token) return ERROR_INVALID_PARAMETER;
  if (!isElevated()) return ERROR_ACCESS_DENIED;
  ULONG error = NO_ERROR;
  enterMachine();
  if (findOverlap(protocol, first, count) || isBlockUsed(protocol, first, count)) error = ERROR_SHARING_VIOLATION;
  else {
    Reservation *made = addReservation(PERSISTENT, protocol, first, count, INVALID_SOCKET);
    if (made) *token = made->token;
    else error = ERROR_NO_SYSTEM_RESOURCES;
  }
  leaveMachine();
  return error;
}

static ULONG lookup(const char *function, DWORD protocol, USHORT start, USHORT count, PULONG64 token) {
  int fault = faultOf(function);
  if (fault) return fault;
  if (!start || !count || !token) return ERROR_INVALID_PARAMETER;
  enterMachine();
  Reservation *found = findExact(protocol, ntohs(start), count);
  if (found) *token = found->token;
  leaveMachine();
  return found ? NO_ERROR : ERROR_NOT_FOUND;
}

static ULONG delete(const char *function, DWORD protocol, USHORT start, USHORT count) {
  int fault = faultOf(function);
  if (fault) return fault;
  if (!start || !count) return ERROR_INVALID_PARAMETER;
  if (!isElevated()) return ERROR_ACCESS_DENIED;
  enterMachine();
  Reservation *found = findExact(protocol, ntohs(start), count);
  if (found) found->kind = FREE;
  leaveMachine();
  return found ? NO_ERROR : ERROR_NOT_FOUND;
}

#define EXPORTED __declspec(dllexport) ULONG WINAPI
EXPORTED CreatePersistentTcpPortReservation(USHORT start, USHORT count, PULONG64 token) {
  return create(__func__, IPPROTO_TCP, start, count, token);
}
EXPORTED CreatePersistentUdpPortReservation(USHORT start, USHORT count, PULONG64 token) {
  return create(__func__, IPPROTO_UDP, start, count, token);
}
EXPORTED LookupPersistentTcpPortReservation(USHORT start, USHORT count, PULONG64 token) {
  return lookup(__func__, IPPROTO_TCP, start, count, token);
}
EXPORTED LookupPersistentUdpPortReservation(USHORT start, USHORT count, PULONG64 token) {
  return lookup(__func__, IPPROTO_UDP, start, count, token);
}
EXPORTED DeletePersistentTcpPortReservation(USHORT start, USHORT count) {
  return delete(__func__, IPPROTO_TCP, start, count);
}
EXPORTED DeletePersistentUdpPortReservation(USHORT start, USHORT count) {
  return delete(__func__, IPPROTO_UDP, start, count);
}
