// Which sockets of this process carry a token. A token is put on a socket once and goes with its closesocket.
#include "kernel.h"
#include <stdlib.h>

typedef struct Association {
  SOCKET socket;
  ULONG64 token;
  struct Association *next;
} Association;

static Association *first;
static SRWLOCK lock = SRWLOCK_INIT;

ULONG64 associationOf(SOCKET socket) {
  ULONG64 token = INVALID_PORT_RESERVATION_TOKEN;
  AcquireSRWLockShared(&lock);
  for (Association *a = first; a; a = a->next)
    if (a->socket == socket) token = a->token;
  ReleaseSRWLockShared(&lock);
  return token;
}

void setAssociation(SOCKET socket, ULONG64 token) {
  Association *a = malloc(sizeof *a);
  AcquireSRWLockExclusive(&lock);
  *a = (Association){socket, token, first};
  first = a;
  ReleaseSRWLockExclusive(&lock);
}

void dropAssociation(SOCKET socket) {
  AcquireSRWLockExclusive(&lock);
  for (Association **at = &first; *at; at = &(*at)->next) {
    if ((*at)->socket != socket) continue;
    Association *gone = *at;
    *at = gone->next;
    free(gone);
    break;
  }
  ReleaseSRWLockExclusive(&lock);
}

BOOL isTokenCarried(ULONG64 token) {
  BOOL carried = FALSE;
  AcquireSRWLockShared(&lock);
  for (Association *a = first; a; a = a->next) carried |= a->token == token;
  ReleaseSRWLockShared(&lock);
  return carried;
}
