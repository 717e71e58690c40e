/* The functions of CUDA's driver that tests/device/gpu.py calls, done by the CPU. The device's memory is the program's own, and a kernel is
 * a function of the device header in C. With WRONG in the environment the last element of each fill has a wrong bit. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "somemem_device.h"

enum { KEY = 1, FILL, FILL_F32 };

/* NVRTC looks for functions that it does not need. */
int cuGetExportTable(const void **table, const void *which) { return *table = NULL, which ? 500 : 1; }

int cuInit(unsigned flags) { return flags != 0; }
int cuDeviceGetCount(int *count) { return *count = 1, 0; }
int cuDeviceGet(int *device, int which) { return *device = which, which != 0; }
int cuDeviceGetName(char *name, int size, int device) { return strncpy(name, "a CPU", (size_t)size), device; }
int cuDeviceGetAttribute(int *value, int which, int device) { return *value = which == 75 ? 9 : which == 76 ? 0 : 2, device; }
int cuDevicePrimaryCtxRetain(void **context, int device) { return *context = context, device; }
int cuCtxSetCurrent(void *context) { return !context; }
int cuModuleLoadData(void **module, const char *text) { return *module = module, !strstr(text, ".entry make_key"); }
int cuModuleGetFunction(void **function, void *module, const char *name) {
  intptr_t which = !strcmp(name, "make_key") ? KEY : !strcmp(name, "somemem_device_fill") ? FILL : !strcmp(name, "somemem_device_fill_f32") ? FILL_F32 : 0;
  return *function = (void *)which, !module || !which;
}
int cuOccupancyMaxActiveBlocksPerMultiprocessor(int *blocks, void *function, int size, size_t shared) {
  return *blocks = 4, !function || size != SOMEMEM_DEVICE_GROUP || shared;
}
int cuMemAlloc_v2(uint64_t *place, size_t bytes) { return *place = (uint64_t)(uintptr_t)malloc(bytes), !*place; }
int cuMemsetD8_v2(uint64_t place, unsigned char byte, size_t bytes) { return memset((void *)(uintptr_t)place, byte, bytes), 0; }
int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes) { return memcpy(to, (void *)(uintptr_t)from, bytes), 0; }
int cuEventCreate(void **event, unsigned flags) { return *event = event, flags != 0; }
int cuEventRecord(void *event, void *stream) { return !event || stream; }
int cuEventSynchronize(void *event) { return !event; }
int cuEventElapsedTime(float *milliseconds, void *begin, void *end) { return *milliseconds = 1, !begin || !end; }
int cuGetErrorString(int status, const char **text) { return *text = "refused", status == 0; }

int cuLaunchKernel(void *function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned ty, unsigned tz, unsigned shared, void *stream,
                   void **arguments, void **extra) {
  char *out = (char *)(uintptr_t)*(uint64_t *)arguments[0];
  if (!x || y != 1 || z != 1 || ty != 1 || tz != 1 || shared || stream || extra) return 1;
  if ((intptr_t)function == KEY) {
    *(SomeMemDeviceKey *)(void *)out = somemem_device_key(*(uint64_t *)arguments[1], *(uint64_t *)arguments[2]);
    return threads != 1;
  }
  size_t number = *(uint64_t *)arguments[1];
  const SomeMemDeviceKey key = *(SomeMemDeviceKey *)arguments[2];
  uint64_t first = *(uint64_t *)arguments[3];
  size_t size = (intptr_t)function == FILL ? sizeof(double) : sizeof(float);
  for (size_t n = 0; n < number; n++) {
    double x = somemem_device_noise(&key, first + n);
    float narrow = somemem_device_noise_f32(&key, first + n);
    memcpy(out + n * size, size == sizeof x ? (void *)&x : (void *)&narrow, size);
  }
  if (getenv("WRONG") && number) out[number * size - size] ^= 1;
  return threads != SOMEMEM_DEVICE_GROUP;
}
