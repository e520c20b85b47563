// What the real headers say about everything the product writes down as a number: printed as JSON from x64, and held to
// the same numbers at compile time, so that compiling it for x86 (-fsyntax-only) shows that they are the same there.
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <mstcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <aclapi.h>
#include <sddl.h>
#include <tlhelp32.h>
#include <stddef.h>
#include <stdio.h>

#define POINTER (sizeof(void *))

#define FACTS(FACT)                                                                                                    \
  FACT(SIO_ACQUIRE_PORT_RESERVATION, 2550136932)                                                                       \
  FACT(SIO_RELEASE_PORT_RESERVATION, 2550136933)                                                                       \
  FACT(SIO_ASSOCIATE_PORT_RESERVATION, 2550136934)                                                                     \
  FACT(INVALID_PORT_RESERVATION_TOKEN, 0)                                                                              \
  FACT(sizeof(INET_PORT_RANGE), 4)                                                                                     \
  FACT(offsetof(INET_PORT_RANGE, StartPort), 0)                                                                        \
  FACT(offsetof(INET_PORT_RANGE, NumberOfPorts), 2)                                                                    \
  FACT(sizeof(INET_PORT_RESERVATION), 4)                                                                               \
  FACT(sizeof(INET_PORT_RESERVATION_TOKEN), 8)                                                                         \
  FACT(offsetof(INET_PORT_RESERVATION_TOKEN, Token), 0)                                                                \
  FACT(sizeof(INET_PORT_RESERVATION_INSTANCE), 16)                                                                     \
  FACT(_Alignof(INET_PORT_RESERVATION_INSTANCE), 8)                                                                    \
  FACT(offsetof(INET_PORT_RESERVATION_INSTANCE, StartPort), 0)                                                         \
  FACT(offsetof(INET_PORT_RESERVATION_INSTANCE, NumberOfPorts), 2)                                                     \
  FACT(offsetof(INET_PORT_RESERVATION_INSTANCE, Token), 8)                                                             \
  FACT(sizeof(((INET_PORT_RESERVATION_INSTANCE *)0)->StartPort), 2)                                                    \
  FACT(sizeof(((INET_PORT_RESERVATION_INSTANCE *)0)->NumberOfPorts), 2)                                                \
  FACT(sizeof(((INET_PORT_RESERVATION_INSTANCE *)0)->Token), 8)                                                        \
  FACT(sizeof(INET_PORT_RESERVATION_INFORMATION), 4)                                                                   \
  FACT(NO_ERROR, 0)                                                                                                    \
  FACT(ERROR_ACCESS_DENIED, 5)                                                                                         \
  FACT(ERROR_SHARING_VIOLATION, 32)                                                                                    \
  FACT(ERROR_LOCK_VIOLATION, 33)                                                                                       \
  FACT(ERROR_INVALID_PARAMETER, 87)                                                                                    \
  FACT(ERROR_PROC_NOT_FOUND, 127)                                                                                      \
  FACT(ERROR_NOT_FOUND, 1168)                                                                                          \
  FACT(ERROR_FILE_NOT_FOUND, 2)                                                                                        \
  FACT(ERROR_PATH_NOT_FOUND, 3)                                                                                        \
  FACT(ERROR_INSUFFICIENT_BUFFER, 122)                                                                                 \
  FACT(ERROR_ALREADY_EXISTS, 183)                                                                                      \
  FACT(STILL_ACTIVE, 259)                                                                                              \
  FACT(WSA_OPERATION_ABORTED, 995)                                                                                     \
  FACT(WSA_IO_PENDING, 997)                                                                                            \
  FACT(WSAEACCES, 10013)                                                                                               \
  FACT(WSAEFAULT, 10014)                                                                                               \
  FACT(WSAEINVAL, 10022)                                                                                               \
  FACT(WSAENOTSOCK, 10038)                                                                                             \
  FACT(WSAEOPNOTSUPP, 10045)                                                                                           \
  FACT(WSAEADDRINUSE, 10048)                                                                                           \
  FACT(WSAENETDOWN, 10050)                                                                                             \
  FACT(WSAENOBUFS, 10055)                                                                                              \
  FACT(AF_INET, 2)                                                                                                     \
  FACT(AF_INET6, 23)                                                                                                   \
  FACT(SOCK_STREAM, 1)                                                                                                 \
  FACT(SOCK_DGRAM, 2)                                                                                                  \
  FACT(IPPROTO_TCP, 6)                                                                                                 \
  FACT(IPPROTO_UDP, 17)                                                                                                \
  FACT(IPPROTO_IPV6, 41)                                                                                               \
  FACT(IPV6_V6ONLY, 27)                                                                                                \
  FACT(SOL_SOCKET, 65535)                                                                                              \
  FACT(SO_REUSEADDR, 4)                                                                                                \
  FACT((DWORD)SO_EXCLUSIVEADDRUSE, 4294967291)                                                                         \
  FACT(SO_PROTOCOL_INFOW, 8197)                                                                                        \
  FACT(WSA_FLAG_OVERLAPPED, 1)                                                                                         \
  FACT(WSA_FLAG_NO_HANDLE_INHERIT, 128)                                                                                \
  FACT(HANDLE_FLAG_INHERIT, 1)                                                                                         \
  FACT(sizeof(SOCKET) / POINTER, 1)                                                                                    \
  FACT((int)INVALID_SOCKET == -1, 1)                                                                                   \
  FACT(SOCKET_ERROR == -1, 1)                                                                                          \
  FACT(sizeof(struct sockaddr_in), 16)                                                                                 \
  FACT(offsetof(struct sockaddr_in, sin_family), 0)                                                                    \
  FACT(offsetof(struct sockaddr_in, sin_port), 2)                                                                      \
  FACT(offsetof(struct sockaddr_in, sin_addr), 4)                                                                      \
  FACT(sizeof(struct sockaddr_in6), 28)                                                                                \
  FACT(offsetof(struct sockaddr_in6, sin6_family), 0)                                                                  \
  FACT(offsetof(struct sockaddr_in6, sin6_port), 2)                                                                    \
  FACT(offsetof(struct sockaddr_in6, sin6_flowinfo), 4)                                                                \
  FACT(offsetof(struct sockaddr_in6, sin6_addr), 8)                                                                    \
  FACT(offsetof(struct sockaddr_in6, sin6_scope_id), 24)                                                               \
  FACT(LOCKFILE_FAIL_IMMEDIATELY, 1)                                                                                   \
  FACT(LOCKFILE_EXCLUSIVE_LOCK, 2)                                                                                     \
  FACT(sizeof(OVERLAPPED), 8 + 3 * POINTER)                                                                            \
  FACT(offsetof(OVERLAPPED, Offset), 2 * POINTER)                                                                      \
  FACT(offsetof(OVERLAPPED, OffsetHigh), 4 + 2 * POINTER)                                                              \
  FACT(ERROR_SERVICE_REQUEST_TIMEOUT, 1053)                                                                            \
  FACT(ERROR_SERVICE_ALREADY_RUNNING, 1056)                                                                            \
  FACT(ERROR_SERVICE_DOES_NOT_EXIST, 1060)                                                                             \
  FACT(ERROR_SERVICE_NOT_ACTIVE, 1062)                                                                                 \
  FACT(SC_MANAGER_CONNECT, 1)                                                                                          \
  FACT(SERVICE_QUERY_STATUS, 4)                                                                                        \
  FACT(SERVICE_START, 16)                                                                                              \
  FACT(SERVICE_STOP, 32)                                                                                               \
  FACT(SERVICE_CONTROL_STOP, 1)                                                                                        \
  FACT(SERVICE_STOPPED, 1)                                                                                             \
  FACT(SERVICE_RUNNING, 4)                                                                                             \
  FACT(sizeof(SERVICE_STATUS), 28)                                                                                     \
  FACT(offsetof(SERVICE_STATUS, dwCurrentState), 4)                                                                    \
  FACT(SC_MANAGER_ENUMERATE_SERVICE, 4)                                                                                \
  FACT(SC_ENUM_PROCESS_INFO, 0)                                                                                        \
  FACT(SERVICE_WIN32, 48)                                                                                              \
  FACT(SERVICE_ACTIVE, 1)                                                                                              \
  FACT(EVENTLOG_INFORMATION_TYPE, 4)                                                                                   \
  FACT(WAIT_TIMEOUT, 258)                                                                                              \
  FACT(sizeof(RTL_OSVERSIONINFOW), 276)                                                                                \
  FACT(offsetof(RTL_OSVERSIONINFOW, dwOSVersionInfoSize), 0)                                                           \
  FACT(offsetof(RTL_OSVERSIONINFOW, dwBuildNumber), 12)                                                                \
  FACT(ERROR_MORE_DATA, 234)                                                                                           \
  FACT(sizeof(ENUM_SERVICE_STATUS_PROCESSW), 2 * POINTER + (POINTER == 8 ? 40 : 36))                                   \
  FACT(offsetof(ENUM_SERVICE_STATUS_PROCESSW, lpServiceName), 0)                                                       \
  FACT(offsetof(ENUM_SERVICE_STATUS_PROCESSW, ServiceStatusProcess.dwProcessId), 2 * POINTER + 28)                     \
  FACT(TH32CS_SNAPPROCESS, 2)                                                                                          \
  FACT(sizeof(PROCESSENTRY32W), POINTER == 8 ? 568 : 556)                                                              \
  FACT(offsetof(PROCESSENTRY32W, th32ProcessID), 8)                                                                    \
  FACT(offsetof(PROCESSENTRY32W, szExeFile), POINTER == 8 ? 44 : 36)                                                   \
  FACT(offsetof(MIB_TCPROW_OWNER_PID, dwLocalAddr), 4)                                                                 \
  FACT(offsetof(MIB_TCP6ROW_OWNER_PID, ucLocalAddr), 0)                                                                \
  FACT(offsetof(MIB_UDPROW_OWNER_PID, dwLocalAddr), 0)                                                                 \
  FACT(offsetof(MIB_UDP6ROW_OWNER_PID, ucLocalAddr), 0)                                                                \
  FACT(sizeof(FILETIME), 8)                                                                                            \
  FACT(PROCESS_QUERY_LIMITED_INFORMATION, 4096)                                                                        \
  FACT(SYNCHRONIZE, 1048576)                                                                                           \
  FACT(TOKEN_QUERY, 8)                                                                                                 \
  FACT(TokenElevation, 20)                                                                                             \
  FACT(TokenUser, 1)                                                                                                   \
  FACT(sizeof(TOKEN_ELEVATION), 4)                                                                                     \
  FACT(SDDL_REVISION_1, 1)                                                                                             \
  FACT(SE_FILE_OBJECT, 1)                                                                                              \
  FACT(OWNER_SECURITY_INFORMATION, 1)                                                                                  \
  FACT(WinLocalSystemSid, 22)                                                                                          \
  FACT(WinBuiltinAdministratorsSid, 26)                                                                                \
  FACT(sizeof(TOKEN_USER), 2 * POINTER)                                                                                \
  FACT(offsetof(TOKEN_USER, User.Sid), 0)                                                                              \
  FACT(sizeof(SECURITY_ATTRIBUTES), 3 * POINTER)                                                                       \
  FACT(offsetof(SECURITY_ATTRIBUTES, lpSecurityDescriptor), POINTER)                                                   \
  FACT(offsetof(SECURITY_ATTRIBUTES, bInheritHandle), 2 * POINTER)                                                     \
  FACT(TCP_TABLE_OWNER_PID_ALL, 5)                                                                                     \
  FACT(UDP_TABLE_OWNER_PID, 1)                                                                                         \
  FACT(offsetof(MIB_TCPTABLE_OWNER_PID, table), 4)                                                                     \
  FACT(offsetof(MIB_TCP6TABLE_OWNER_PID, table), 4)                                                                    \
  FACT(offsetof(MIB_UDPTABLE_OWNER_PID, table), 4)                                                                     \
  FACT(offsetof(MIB_UDP6TABLE_OWNER_PID, table), 4)                                                                    \
  FACT(sizeof(MIB_TCPROW_OWNER_PID), 24)                                                                               \
  FACT(offsetof(MIB_TCPROW_OWNER_PID, dwLocalPort), 8)                                                                 \
  FACT(offsetof(MIB_TCPROW_OWNER_PID, dwState), 0)                                                                     \
  FACT(offsetof(MIB_TCPROW_OWNER_PID, dwOwningPid), 20)                                                                \
  FACT(sizeof(MIB_TCP6ROW_OWNER_PID), 56)                                                                              \
  FACT(offsetof(MIB_TCP6ROW_OWNER_PID, dwLocalPort), 20)                                                               \
  FACT(offsetof(MIB_TCP6ROW_OWNER_PID, dwState), 48)                                                                   \
  FACT(offsetof(MIB_TCP6ROW_OWNER_PID, dwOwningPid), 52)                                                               \
  FACT(sizeof(MIB_UDPROW_OWNER_PID), 12)                                                                               \
  FACT(offsetof(MIB_UDPROW_OWNER_PID, dwLocalPort), 4)                                                                 \
  FACT(offsetof(MIB_UDPROW_OWNER_PID, dwOwningPid), 8)                                                                 \
  FACT(sizeof(MIB_UDP6ROW_OWNER_PID), 28)                                                                              \
  FACT(offsetof(MIB_UDP6ROW_OWNER_PID, dwLocalPort), 20)                                                               \
  FACT(offsetof(MIB_UDP6ROW_OWNER_PID, dwOwningPid), 24)

#define HOLD(fact, value) _Static_assert((fact) == (value), #fact);
FACTS(HOLD)

#define PROTOTYPE(function, ...)                                                                                       \
  _Static_assert(_Generic(&function, ULONG(WINAPI *)(__VA_ARGS__): 1, default: 0), #function);
PROTOTYPE(CreatePersistentTcpPortReservation, USHORT, USHORT, PULONG64)
PROTOTYPE(CreatePersistentUdpPortReservation, USHORT, USHORT, PULONG64)
PROTOTYPE(LookupPersistentTcpPortReservation, USHORT, USHORT, PULONG64)
PROTOTYPE(LookupPersistentUdpPortReservation, USHORT, USHORT, PULONG64)
PROTOTYPE(DeletePersistentTcpPortReservation, USHORT, USHORT)
PROTOTYPE(DeletePersistentUdpPortReservation, USHORT, USHORT)
_Static_assert(sizeof(ULONG) == 4 && sizeof(USHORT) == 2 && sizeof(ULONG64) == 8, "widths");

#define PRINT(fact, value) printf("%s\n  \"%s\": %llu", separator, #fact, (unsigned long long)(fact)), separator = ",";

int main(void) {
  const char *separator = "{";
  FACTS(PRINT)
  puts("\n}");
  return 0;
}
