/* Windows 10 has a DLL of this name, from which Rust takes random bytes; wine 8 has none. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID out, ULONG bytes); /* RtlGenRandom, of advapi32 */

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE out, SIZE_T bytes) { return SystemFunction036(out, (ULONG)bytes); }
