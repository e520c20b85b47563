// SIO_ACQUIRE_, SIO_ASSOCIATE_ and SIO_RELEASE_PORT_RESERVATION; every other code goes on to ws2_32.
#include "kernel.h"

static int acquire(SOCKET socket, DWORD protocol, const INET_PORT_RANGE *wanted, INET_PORT_RESERVATION_INSTANCE *made) {
  DWORD first = ntohs(wanted->StartPort), count = wanted->NumberOfPorts;
  if (!count || first + count - (first ? 1 : 0) > LAST_PORT) return WSAEINVAL;
  int error = 0;
  InterlockedIncrement(acquireCalls());
  enterMachine();
  Reservation *there = first ? findOverlap(protocol, first, count) : NULL;
  if (!first) first = chooseBlock(protocol, count);
  else if (there || isBlockUsed(protocol, first, count)) first = 0;
  Reservation *r = first ? addReservation(RUNTIME, protocol, first, count, socket) : NULL;
  if (!r) error = there && there->kind == HIDDEN ? (int)there->code : WSAEADDRINUSE;
  else {
    made->StartPort = htons(first);
    made->NumberOfPorts = count;
    made->Token = r->token;
  }
  leaveMachine();
  return error;
}

static int associate(SOCKET socket, DWORD protocol, ULONG64 token) {
  if (isBound(socket) || associationOf(socket)) return WSAEINVAL;
  int error = 0;
  enterMachine();
  Reservation *r = findToken(token);
  if (!r || r->protocol != protocol) error = WSAEINVAL;
  else if (r->kind == RUNTIME && !isOwn(r)) error = WSAEINVAL;
  else if (r->kind == PERSISTENT && !isElevated()) error = WSAEACCES;
  else setAssociation(socket, token);
  leaveMachine();
  return error;
}

static int release(ULONG64 token) {
  int error = 0;
  enterMachine();
  Reservation *r = findToken(token);
  if (!r || r->kind != RUNTIME || !isOwn(r) || isTokenCarried(token)) error = WSAEINVAL;
  else r->kind = FREE;
  leaveMachine();
  return error;
}

static const char *nameOf(DWORD code) {
  if (code == SIO_ACQUIRE_PORT_RESERVATION) return "SIO_ACQUIRE_PORT_RESERVATION";
  if (code == SIO_ASSOCIATE_PORT_RESERVATION) return "SIO_ASSOCIATE_PORT_RESERVATION";
  return code == SIO_RELEASE_PORT_RESERVATION ? "SIO_RELEASE_PORT_RESERVATION" : NULL;
}

int WSAAPI labWSAIoctl(SOCKET socket, DWORD code, LPVOID in, DWORD inSize, LPVOID out, DWORD outSize, LPDWORD bytes,
                       LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine) {
  const char *name = nameOf(code);
  if (!name) return WSAIoctl(socket, code, in, inSize, out, outSize, bytes, overlapped, routine);
  BOOL acquiring = code == SIO_ACQUIRE_PORT_RESERVATION;
  DWORD protocol, written = 0;
  int family, error = faultOf(name);
  if (!error) error = describeSocket(socket, &protocol, &family);
  if (!error && overlapped) error = WSAEOPNOTSUPP;
  if (!error && (!bytes || !in || inSize < (acquiring ? sizeof(INET_PORT_RANGE) : sizeof(INET_PORT_RESERVATION_TOKEN))))
    error = WSAEFAULT;
  if (!error && (acquiring ? !out || outSize < sizeof(INET_PORT_RESERVATION_INSTANCE) : outSize != 0)) error = WSAEINVAL;
  if (!error && acquiring) {
    error = acquire(socket, protocol, in, out);
    written = error ? 0 : sizeof(INET_PORT_RESERVATION_INSTANCE);
  } else if (!error) {
    ULONG64 token = ((INET_PORT_RESERVATION_TOKEN *)in)->Token;
    error = code == SIO_ASSOCIATE_PORT_RESERVATION ? associate(socket, protocol, token) : release(token);
  }
  if (bytes) *bytes = written;
  WSASetLastError(error);
  return error ? SOCKET_ERROR : 0;
}
