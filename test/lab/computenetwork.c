/*
Stands in for computenetwork.dll, which Wine lacks: what it lists are the hidden ranges of the simulated machine, LAB_STATE.
The structure is as ComputeNetwork.h has it, which is not in these headers. Who may ask is not documented; here it is elevated
processes. LAB_FAULTS: computenetwork.dll keeps it from loading, HcnEnumerateGuestNetworkPortReservations is the HRESULT.
*/
#include "kernel/kernel.h"
#include <stdlib.h>

typedef struct {
  GUID OwningPartitionId;
  GUID TargetPartitionId;
  int Protocol; // 1: TCP, 2: UDP, 3: both
  UINT64 Priority;
  UINT32 ReservationType;
  UINT32 SharingFlags;
  UINT32 DeliveryMode;
  UINT16 StartingPort; // both are of the range, in host order
  UINT16 EndingPort;
} HCN_PORT_RANGE_ENTRY;

_Static_assert(sizeof(HCN_PORT_RANGE_ENTRY) == 64, "as on a real x64");

#define MOST 64

__declspec(dllexport) HRESULT WINAPI HcnEnumerateGuestNetworkPortReservations(ULONG *count, HCN_PORT_RANGE_ENTRY **entries) {
  int fault = faultOf("HcnEnumerateGuestNetworkPortReservations");
  if (fault) return fault;
  if (!isElevated()) return E_ACCESSDENIED;
  HCN_PORT_RANGE_ENTRY *found = calloc(MOST, sizeof *found);
  ULONG number = 0;
  enterMachine();
  for (int protocol = 1; protocol <= 2; protocol++)
    for (Reservation *r = NULL; number < MOST && (r = nextReservation(protocol == 1 ? IPPROTO_TCP : IPPROTO_UDP, r));) {
      if (r->kind != HIDDEN) continue;
      HCN_PORT_RANGE_ENTRY *entry = &found[number++];
      entry->Protocol = protocol;
      entry->TargetPartitionId.Data1 = 0x57534C00;
      entry->StartingPort = r->first;
      entry->EndingPort = r->first + r->count - 1;
    }
  leaveMachine();
  *count = number;
  *entries = found;
  return S_OK;
}

__declspec(dllexport) void WINAPI HcnFreeGuestNetworkPortReservations(HCN_PORT_RANGE_ENTRY *entries) { free(entries); }

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  (void)self, (void)reserved;
  return reason != DLL_PROCESS_ATTACH || (!faultOf("computenetwork.dll") && openMachine());
}
