#pragma once
// What the files of the simulated kernel share. The rules themselves are listed in ../kernel.c.
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mstcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <winternl.h>

// In every Windows, not in these headers.
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW version);
NTSTATUS NTAPI LdrGetProcedureAddress(HMODULE module, const ANSI_STRING *name, ULONG ordinal, PVOID *address);

// DRIVER: a range of WinNAT, there while its service runs. EXCLUSION: an administrator's, by netsh. HIDDEN: one that no table
// shows, as WSL's mirrored networking keeps it. SERVER: one that a program of the kernel has for itself, as HTTP.sys has.
typedef enum { FREE, PERSISTENT, RUNTIME, DRIVER, EXCLUSION, HIDDEN, SERVER } Kind;
enum { ACTIVE_STORE = 1, PERSISTENT_STORE = 2 };

// Ports are in host order here; only the public functions and structures speak network order.
typedef struct {
  ULONG64 token;
  ULONG64 socket;     // RUNTIME: the socket on which it was acquired
  FILETIME ownerBorn; // RUNTIME: creation time of `owner`, because process ids are used again
  DWORD owner;
  DWORD kind;
  USHORT first;
  USHORT count;
  DWORD protocol; // IPPROTO_TCP or IPPROTO_UDP
  DWORD stores;   // EXCLUSION: the stores that have it
  DWORD code;     // HIDDEN: what a bind there is refused with
} Reservation;

// machine.c: the reservations of one simulated machine, shared between its processes.
BOOL openMachine(void);
void enterMachine(void); // takes the machine's lock and drops what dead processes left
void leaveMachine(void);
Reservation *findExact(DWORD protocol, DWORD first, DWORD count); // persistent only
Reservation *findOverlap(DWORD protocol, DWORD first, DWORD count); // of those in force
Reservation *nextReservation(DWORD protocol, const Reservation *before); // in the order of ports; NULL: the first
BOOL isInForce(const Reservation *reservation);
Reservation *findToken(ULONG64 token);
Reservation *addReservation(Kind kind, DWORD protocol, DWORD first, DWORD count, SOCKET socket);
void dropAcquiredOn(SOCKET socket);
BOOL isOwn(const Reservation *reservation);
DWORD *dynamicRange(DWORD protocol); // start and count
typedef struct {
  DWORD state; // SERVICE_RUNNING, SERVICE_STOPPED, or 0: not installed
  DWORD stops; // how often it was stopped
  DWORD held;  // a change of its state does not come to its end
} WinNat;
WinNat *winnat(void);
volatile LONG *acquireCalls(void); // how often ACQUIRE was called

// ports.c: what real sockets say.
int describeSocket(SOCKET socket, DWORD *protocol, int *family); // 0 or a WSA error
BOOL isBound(SOCKET socket);
BOOL isReused(SOCKET socket);
BOOL isPortUsed(DWORD protocol, DWORD port);
BOOL isBlockUsed(DWORD protocol, DWORD first, DWORD count);
DWORD chooseBlock(DWORD protocol, DWORD count); // 0 when there is none
DWORD randomBelow(DWORD limit);
#define LAST_PORT 65535

// association.c: which sockets of this process carry a token.
ULONG64 associationOf(SOCKET socket);
void setAssociation(SOCKET socket, ULONG64 token);
void dropAssociation(SOCKET socket);
BOOL isTokenCarried(ULONG64 token);

// environment.c: what the process' environment asks for.
BOOL isElevated(void);
ULONG64 wantedBoot(void); // 0: as it is
int faultOf(const char *name); // counts
BOOL isMissing(const char *function);

// redirect.c
BOOL redirect(const char *module, const char *name, void *replacement, void **original);

// The replacements, put in place by ../kernel.c.
int WSAAPI labBind(SOCKET socket, const struct sockaddr *name, int length);
int WSAAPI labCloseSocket(SOCKET socket);
int WSAAPI labConnect(SOCKET socket, const struct sockaddr *name, int length);
int WSAAPI labWSAConnect(SOCKET socket, const struct sockaddr *name, int length, LPWSABUF out, LPWSABUF in, LPQOS a, LPQOS b);
int WSAAPI labSendTo(SOCKET socket, const char *data, int size, int flags, const struct sockaddr *to, int length);
int WSAAPI labWSASendTo(SOCKET socket, LPWSABUF buffers, DWORD count, LPDWORD sent, DWORD flags, const struct sockaddr *to,
                        int length, LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int WSAAPI labWSAIoctl(SOCKET socket, DWORD code, LPVOID in, DWORD inSize, LPVOID out, DWORD outSize, LPDWORD bytes,
                       LPWSAOVERLAPPED overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
SC_HANDLE WINAPI labOpenServiceW(SC_HANDLE manager, LPCWSTR name, DWORD access);
BOOL WINAPI labQueryServiceStatus(SC_HANDLE service, LPSERVICE_STATUS status);
BOOL WINAPI labControlService(SC_HANDLE service, DWORD control, LPSERVICE_STATUS status);
BOOL WINAPI labStartServiceW(SC_HANDLE service, DWORD count, LPCWSTR *arguments);
BOOL WINAPI labCloseServiceHandle(SC_HANDLE service);
NTSTATUS WINAPI labRtlGetVersion(PRTL_OSVERSIONINFOW version);
NTSTATUS WINAPI labGetProcedureAddress(HMODULE module, const ANSI_STRING *name, ULONG ordinal, PVOID *address);
DWORD WINAPI labGetExtendedTcpTable(PVOID table, PDWORD size, BOOL order, ULONG family, TCP_TABLE_CLASS kind, ULONG reserved);
HANDLE WINAPI labOpenProcess(DWORD access, BOOL inherit, DWORD id);
extern BOOL (WINAPI *realGetTokenInformation)(HANDLE, TOKEN_INFORMATION_CLASS, LPVOID, DWORD, PDWORD);
extern BOOL (WINAPI *realCheckTokenMembership)(HANDLE, PSID, PBOOL);
BOOL WINAPI labGetTokenInformation(HANDLE token, TOKEN_INFORMATION_CLASS kind, LPVOID out, DWORD size, PDWORD needed);
BOOL WINAPI labCheckTokenMembership(HANDLE token, PSID sid, PBOOL isMember);
