// Puts a function of ours in the place of another module's: in its export table for whoever looks it up from now on,
// and in the import tables of the modules that already did. The original is left whole; this DLL goes on calling it.
#include "kernel.h"
#include <psapi.h>
#include <string.h>

extern IMAGE_DOS_HEADER __ImageBase;

static IMAGE_DATA_DIRECTORY *directoryOf(BYTE *base, int index) {
  IMAGE_NT_HEADERS *headers = (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
  return &headers->OptionalHeader.DataDirectory[index];
}

static BOOL store(void *at, const void *bytes, SIZE_T size) {
  DWORD before;
  if (!VirtualProtect(at, size, PAGE_READWRITE, &before)) return FALSE;
  memcpy(at, bytes, size);
  return VirtualProtect(at, size, before, &before);
}

// Export tables hold 32-bit distances from the module's base, so the way to ours starts with a jump close above it.
static BYTE *jumpNear(BYTE *base, void *target) {
  static BYTE *page, *next;
  if (!page || page < base || (ULONG64)(page - base) > MAXLONG || next - page > 4000) {
    page = NULL;
    for (ULONG64 at = ((ULONG64)base + 0xFFFF) & ~0xFFFFull; !page && at < (ULONG64)base + MAXLONG; at += 0x10000)
      page = VirtualAlloc((void *)at, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READWRITE);
    next = page;
  }
  if (!page) return NULL;
  static const BYTE jump[6] = {0xFF, 0x25}; // jmp [rip+0]
  BYTE *at = next;
  memcpy(at, jump, sizeof jump);
  memcpy(at + sizeof jump, &target, sizeof target);
  next += 16;
  return at;
}

static BOOL replaceExport(BYTE *base, const char *name, void *original, void *replacement) {
  IMAGE_EXPORT_DIRECTORY *exports = (IMAGE_EXPORT_DIRECTORY *)(base + directoryOf(base, IMAGE_DIRECTORY_ENTRY_EXPORT)->VirtualAddress);
  DWORD *names = (DWORD *)(base + exports->AddressOfNames), *functions = (DWORD *)(base + exports->AddressOfFunctions);
  WORD *ordinals = (WORD *)(base + exports->AddressOfNameOrdinals);
  for (DWORD i = 0; i < exports->NumberOfNames; i++) {
    if (strcmp((char *)base + names[i], name)) continue;
    DWORD *slot = &functions[ordinals[i]];
    if (base + *slot != (BYTE *)original) return FALSE; // forwarded: the module named is not the one that has it
    BYTE *jump = jumpNear(base, replacement);
    DWORD distance = jump - base;
    return jump && store(slot, &distance, sizeof distance);
  }
  return FALSE;
}

static BOOL replaceImports(BYTE *base, void *original, void *replacement) {
  IMAGE_DATA_DIRECTORY *directory = directoryOf(base, IMAGE_DIRECTORY_ENTRY_IMPORT);
  if (!directory->VirtualAddress) return TRUE;
  IMAGE_IMPORT_DESCRIPTOR *import = (IMAGE_IMPORT_DESCRIPTOR *)(base + directory->VirtualAddress);
  for (; import->FirstThunk; import++)
    for (void **slot = (void **)(base + import->FirstThunk); *slot; slot++)
      if (*slot == original && !store(slot, &replacement, sizeof replacement)) return FALSE;
  return TRUE;
}

BOOL redirect(const char *module, const char *name, void *replacement, void **keep) {
  BYTE *base = (BYTE *)GetModuleHandleA(module);
  void *original = base ? (void *)GetProcAddress((HMODULE)base, name) : NULL;
  if (keep) *keep = original;
  if (!original || !replaceExport(base, name, original, replacement)) return FALSE;
  HMODULE modules[1024];
  DWORD size;
  if (!EnumProcessModules(GetCurrentProcess(), modules, sizeof modules, &size) || size > sizeof modules) return FALSE;
  for (DWORD i = 0; i < size / sizeof *modules; i++)
    if (modules[i] != (HMODULE)&__ImageBase && !replaceImports((BYTE *)modules[i], original, replacement)) return FALSE;
  return TRUE;
}
