// WinNAT's service, as the functions of the service manager give it, and the ranges it keeps while it runs. Other services
// are Wine's. It is not installed until it takes its first range.
#include "kernel.h"

// A handle of ours that no handle of Wine's is, by its address.
static BYTE services[2];
#define WINNAT ((SC_HANDLE)&services[0])
#define HNS ((SC_HANDLE)&services[1]) // runs while a hidden range is kept for a guest

static BOOL answer(DWORD error) {
  if (error) SetLastError(error);
  return error == 0;
}

static void fill(LPSERVICE_STATUS status, DWORD state) {
  *status = (SERVICE_STATUS){.dwServiceType = SERVICE_KERNEL_DRIVER, .dwCurrentState = state};
}

static BOOL hasGuests(void) {
  for (int i = 0; i < 2; i++)
    for (Reservation *r = NULL; (r = nextReservation(i ? IPPROTO_UDP : IPPROTO_TCP, r));)
      if (r->kind == HIDDEN) return TRUE;
  return FALSE;
}

SC_HANDLE WINAPI labOpenServiceW(SC_HANDLE manager, LPCWSTR name, DWORD access) {
  if (!lstrcmpiW(name, L"hns")) return answer(hasGuests() ? 0 : ERROR_SERVICE_DOES_NOT_EXIST) ? HNS : NULL;
  if (lstrcmpiW(name, L"winnat")) return OpenServiceW(manager, name, access);
  DWORD error = faultOf("OpenServiceW");
  if (!error && !winnat()->state) error = ERROR_SERVICE_DOES_NOT_EXIST;
  if (!error && access & (SERVICE_START | SERVICE_STOP) && !isElevated()) error = ERROR_ACCESS_DENIED;
  return answer(error) ? WINNAT : NULL;
}

BOOL WINAPI labQueryServiceStatus(SC_HANDLE handle, LPSERVICE_STATUS status) {
  if (handle == HNS) return fill(status, SERVICE_RUNNING), TRUE;
  if (handle != WINNAT) return QueryServiceStatus(handle, status);
  DWORD state = winnat()->state, pending = state == SERVICE_RUNNING ? SERVICE_START_PENDING : SERVICE_STOP_PENDING;
  fill(status, winnat()->held ? pending : state);
  return answer(faultOf("QueryServiceStatus"));
}

BOOL WINAPI labControlService(SC_HANDLE handle, DWORD control, LPSERVICE_STATUS status) {
  if (handle != WINNAT) return ControlService(handle, control, status);
  DWORD error = faultOf("ControlService");
  enterMachine();
  if (!error && control != SERVICE_CONTROL_STOP) error = ERROR_INVALID_SERVICE_CONTROL;
  if (!error && winnat()->state != SERVICE_RUNNING) error = ERROR_SERVICE_NOT_ACTIVE;
  if (!error) {
    winnat()->state = SERVICE_STOPPED;
    winnat()->stops++;
  }
  fill(status, winnat()->state);
  leaveMachine();
  return answer(error);
}

// It takes the ranges it had, other than those that somebody else has now.
static void takeAgain(DWORD protocol) {
  for (Reservation *r = NULL; (r = nextReservation(protocol, r));)
    if (r->kind == DRIVER && findOverlap(protocol, r->first, r->count)) r->kind = FREE;
}

BOOL WINAPI labStartServiceW(SC_HANDLE handle, DWORD count, LPCWSTR *arguments) {
  if (handle != WINNAT) return StartServiceW(handle, count, arguments);
  DWORD error = faultOf("StartServiceW");
  enterMachine();
  if (!error && winnat()->state == SERVICE_RUNNING) error = ERROR_SERVICE_ALREADY_RUNNING;
  if (!error) {
    takeAgain(IPPROTO_TCP);
    takeAgain(IPPROTO_UDP);
    winnat()->state = SERVICE_RUNNING;
  }
  leaveMachine();
  return answer(error);
}

BOOL WINAPI labCloseServiceHandle(SC_HANDLE handle) { return handle == WINNAT || handle == HNS || CloseServiceHandle(handle); }

// For the tests: WinNAT takes a range, and is there and running from then on.
__declspec(dllexport) BOOL LabWinNatTakes(DWORD protocol, DWORD first, DWORD count) {
  enterMachine();
  winnat()->state = SERVICE_RUNNING;
  BOOL taken = !findOverlap(protocol, first, count) && addReservation(DRIVER, protocol, first, count, INVALID_SOCKET);
  leaveMachine();
  return taken;
}

// For the tests: a guest gets a range that no table shows, and all others the code.
__declspec(dllexport) BOOL LabHides(DWORD protocol, DWORD first, DWORD count, DWORD code) {
  enterMachine();
  Reservation *made = findOverlap(protocol, first, count) ? NULL : addReservation(HIDDEN, protocol, first, count, INVALID_SOCKET);
  if (made) made->code = code;
  leaveMachine();
  return made != NULL;
}

// For the tests: HTTP.sys is asked to listen on a port; 0 or its error.
__declspec(dllexport) DWORD LabHttpListens(DWORD port) {
  enterMachine();
  BOOL taken = findOverlap(IPPROTO_TCP, port, 1) || isPortUsed(IPPROTO_TCP, port);
  DWORD error = taken ? ERROR_SHARING_VIOLATION : 0;
  if (!error && !addReservation(SERVER, IPPROTO_TCP, port, 1, INVALID_SOCKET)) error = ERROR_NO_SYSTEM_RESOURCES;
  leaveMachine();
  return error;
}

__declspec(dllexport) DWORD LabHttpEnds(DWORD port) {
  enterMachine();
  Reservation *there = findOverlap(IPPROTO_TCP, port, 1);
  BOOL ends = there && there->kind == SERVER;
  if (ends) there->kind = FREE;
  leaveMachine();
  return ends ? 0 : ERROR_NOT_FOUND;
}

__declspec(dllexport) void LabWinNat(WinNat *now) { *now = *winnat(); }

__declspec(dllexport) LONG LabAcquireCalls(void) { return *acquireCalls(); }

__declspec(dllexport) void LabHoldWinNat(DWORD held) { winnat()->held = held; }
