// WinNAT's service, as the functions of the service manager give it, and the ranges it keeps while it runs. Other services
// are Wine's. It is not installed until it takes its first range.
#include "kernel.h"

// A handle of ours that no handle of Wine's is, by its address.
static BYTE service;
#define WINNAT ((SC_HANDLE)&service)

static BOOL answer(DWORD error) {
  if (error) SetLastError(error);
  return error == 0;
}

static void fill(LPSERVICE_STATUS status, DWORD state) {
  *status = (SERVICE_STATUS){.dwServiceType = SERVICE_KERNEL_DRIVER, .dwCurrentState = state};
}

SC_HANDLE WINAPI labOpenServiceW(SC_HANDLE manager, LPCWSTR name, DWORD access) {
  if (lstrcmpiW(name, L"winnat")) return OpenServiceW(manager, name, access);
  DWORD error = faultOf("OpenServiceW");
  if (!error && !winnat()->state) error = ERROR_SERVICE_DOES_NOT_EXIST;
  if (!error && access & (SERVICE_START | SERVICE_STOP) && !isElevated()) error = ERROR_ACCESS_DENIED;
  return answer(error) ? WINNAT : NULL;
}

BOOL WINAPI labQueryServiceStatus(SC_HANDLE handle, LPSERVICE_STATUS status) {
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

BOOL WINAPI labCloseServiceHandle(SC_HANDLE handle) { return handle == WINNAT || CloseServiceHandle(handle); }

// For the tests: WinNAT takes a range, and is there and running from then on.
__declspec(dllexport) BOOL LabWinNatTakes(DWORD protocol, DWORD first, DWORD count) {
  enterMachine();
  winnat()->state = SERVICE_RUNNING;
  BOOL taken = !findOverlap(protocol, first, count) && addReservation(DRIVER, protocol, first, count, INVALID_SOCKET);
  leaveMachine();
  return taken;
}

__declspec(dllexport) void LabWinNat(WinNat *now) { *now = *winnat(); }

__declspec(dllexport) void LabHoldWinNat(DWORD held) { winnat()->held = held; }
