// Which port a socket may have: by number, by choice of the system (port 0, or a send without a bind), or by token.
#include "kernel.h"

typedef struct {
  SOCKET socket;
  SOCKADDR_INET address;
  int length;
} Request;

static int bindTo(Request *request, DWORD port) {
  request->address.Ipv6.sin6_port = htons(port); // at the same place in both families
  return bind(request->socket, (struct sockaddr *)&request->address, request->length) ? WSAGetLastError() : 0;
}

// The real system would never choose a port in use; a bind by number to one may succeed when both sides share it.
static BOOL isTakenForChoice(Request *request, DWORD protocol, DWORD port) {
  return isReused(request->socket) && isPortUsed(protocol, port);
}

static int bindWithin(Request *request, DWORD protocol, DWORD first, DWORD count, BOOL reserved, int exhausted) {
  DWORD offset = randomBelow(count);
  for (DWORD i = 0; i < count; i++) {
    DWORD port = first + (offset + i) % count;
    if (!reserved && findOverlap(protocol, port, 1)) continue;
    if (isTakenForChoice(request, protocol, port)) continue;
    int error = bindTo(request, port);
    if (error != WSAEADDRINUSE) return error;
  }
  return exhausted;
}

static int bindByRules(Request *request, DWORD protocol, DWORD port) {
  ULONG64 token = associationOf(request->socket);
  Reservation *own = token ? findToken(token) : NULL;
  if (token && !own) return WSAEINVAL;
  if (own && !port) return bindWithin(request, protocol, own->first, own->count, TRUE, WSAEADDRINUSE);
  if (own && (port < own->first || port >= (DWORD)own->first + own->count)) return WSAEINVAL;
  if (own) return bindTo(request, port);
  DWORD *dynamic = dynamicRange(protocol);
  if (!port) return bindWithin(request, protocol, dynamic[0], dynamic[1], FALSE, WSAENOBUFS);
  Reservation *there = findOverlap(protocol, port, 1);
  if (there && there->kind == HIDDEN) return there->code;
  return there && there->kind != EXCLUSION ? WSAEACCES : bindTo(request, port);
}

int WSAAPI labBind(SOCKET socket, const struct sockaddr *name, int length) {
  Request request = {.socket = socket, .length = length};
  DWORD protocol;
  int family, error = faultOf("bind");
  BOOL known = name && describeSocket(socket, &protocol, &family) == 0 && name->sa_family == family &&
               length >= (int)(family == AF_INET ? sizeof request.address.Ipv4 : sizeof request.address.Ipv6);
  if (!error && (!known || isBound(socket))) return bind(socket, name, length);
  if (!error) {
    request.length = family == AF_INET ? sizeof request.address.Ipv4 : sizeof request.address.Ipv6;
    CopyMemory(&request.address, name, request.length);
    enterMachine();
    error = bindByRules(&request, protocol, ntohs(request.address.Ipv6.sin6_port));
    leaveMachine();
  }
  WSASetLastError(error);
  return error ? SOCKET_ERROR : 0;
}

// connect and sendto bind an unbound socket to port 0 themselves; that choice has to keep out of reservations as well.
static int bindBefore(SOCKET socket) {
  SOCKADDR_INET any = {0};
  DWORD protocol;
  int family;
  if (isBound(socket) || describeSocket(socket, &protocol, &family)) return 0;
  any.si_family = family;
  return labBind(socket, (struct sockaddr *)&any, family == AF_INET ? sizeof any.Ipv4 : sizeof any.Ipv6);
}

int WSAAPI labConnect(SOCKET socket, const struct sockaddr *name, int length) {
  return bindBefore(socket) ? SOCKET_ERROR : connect(socket, name, length);
}

int WSAAPI labWSAConnect(SOCKET socket, const struct sockaddr *name, int length, LPWSABUF out, LPWSABUF in, LPQOS a, LPQOS b) {
  return bindBefore(socket) ? SOCKET_ERROR : WSAConnect(socket, name, length, out, in, a, b);
}

int WSAAPI labSendTo(SOCKET socket, const char *data, int size, int flags, const struct sockaddr *to, int length) {
  return bindBefore(socket) ? SOCKET_ERROR : sendto(socket, data, size, flags, to, length);
}

int WSAAPI labWSASendTo(SOCKET socket, LPWSABUF buffers, DWORD count, LPDWORD sent, DWORD flags, const struct sockaddr *to,
                        int length, LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine) {
  if (bindBefore(socket)) return SOCKET_ERROR;
  return WSASendTo(socket, buffers, count, sent, flags, to, length, overlapped, routine);
}

// Before the real close: afterwards another thread may get a socket of the same number.
int WSAAPI labCloseSocket(SOCKET socket) {
  dropAssociation(socket);
  enterMachine();
  dropAcquiredOn(socket);
  leaveMachine();
  return closesocket(socket);
}
