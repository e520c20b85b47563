// What real sockets (Wine's ws2_32) say about ports.
#include "kernel.h"
#define RtlGenRandom SystemFunction036
BOOLEAN NTAPI RtlGenRandom(PVOID buffer, ULONG length);

DWORD randomBelow(DWORD limit) {
  DWORD number;
  RtlGenRandom(&number, sizeof number);
  return number % limit;
}

int describeSocket(SOCKET socket, DWORD *protocol, int *family) {
  WSAPROTOCOL_INFOW info;
  int size = sizeof info;
  if (getsockopt(socket, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &size)) return WSAGetLastError();
  BOOL internet = info.iAddressFamily == AF_INET || info.iAddressFamily == AF_INET6;
  BOOL known = info.iSocketType == SOCK_STREAM || info.iSocketType == SOCK_DGRAM;
  if (!internet || !known) return WSAEOPNOTSUPP;
  *protocol = info.iSocketType == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
  *family = info.iAddressFamily;
  return 0;
}

BOOL isBound(SOCKET socket) {
  struct sockaddr_storage name;
  int size = sizeof name;
  return getsockname(socket, (struct sockaddr *)&name, &size) == 0;
}

BOOL isReused(SOCKET socket) {
  DWORD on = 0;
  int size = sizeof on;
  return getsockopt(socket, SOL_SOCKET, SO_REUSEADDR, (char *)&on, &size) == 0 && on;
}

static int bindWildcard(int family, DWORD protocol, DWORD port) {
  DWORD off = 0, on = 1;
  SOCKET probe = socket(family, protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM, protocol);
  if (probe == INVALID_SOCKET) return WSAEAFNOSUPPORT;
  SOCKADDR_INET address = {0};
  address.si_family = family;
  address.Ipv6.sin6_port = htons(port); // at the same place in both families
  if (family == AF_INET6) setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof off);
  setsockopt(probe, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (char *)&on, sizeof on);
  int error = bind(probe, (struct sockaddr *)&address, family == AF_INET6 ? sizeof address.Ipv6 : sizeof address.Ipv4)
                  ? WSAGetLastError() : 0;
  closesocket(probe);
  return error;
}

// A dual-stack exclusive bind meets the holders of both families; an IPv4 one does not see a bound IPv6 socket in Wine.
BOOL isPortUsed(DWORD protocol, DWORD port) {
  int error = bindWildcard(AF_INET6, protocol, port);
  if (error == WSAEAFNOSUPPORT || error == WSAEADDRNOTAVAIL) error = bindWildcard(AF_INET, protocol, port);
  return error == WSAEADDRINUSE;
}

BOOL isBlockUsed(DWORD protocol, DWORD first, DWORD count) {
  for (DWORD port = first; port < first + count; port++)
    if (isPortUsed(protocol, port)) return TRUE;
  return FALSE;
}

static DWORD chooseBetween(DWORD protocol, DWORD count, DWORD first, DWORD end) {
  while (first + count <= end) {
    DWORD port = first;
    while (port < first + count && !findOverlap(protocol, port, 1) && !isPortUsed(protocol, port)) port++;
    if (port == first + count) return first;
    first = port + 1;
  }
  return 0;
}

DWORD chooseBlock(DWORD protocol, DWORD count) {
  DWORD *dynamic = dynamicRange(protocol);
  DWORD end = dynamic[0] + dynamic[1], start = dynamic[0] + randomBelow(dynamic[1]);
  DWORD found = chooseBetween(protocol, count, start, end);
  DWORD wrapped = start + count - 1 < end ? start + count - 1 : end;
  return found ? found : chooseBetween(protocol, count, dynamic[0], wrapped);
}
