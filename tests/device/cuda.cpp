// The CUDA part of include/somemem_device.h on a CPU. The CUDA keywords that it uses are defined in C++, and a CPU thread runs each
// thread of a group. This tests what the source says. It does not test what a GPU does.
//
//     cuda SEED STREAM FIRST NUMBER     writes so many doubles, then as many floats, as two groups fill them
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thread>
#include <vector>

#define __CUDACC__
#define __CUDACC_RTC__
#define __CUDA_ARCH__ 900
#define __host__
#define __device__
#define __global__
#define __shared__ static
#define __forceinline__ inline
#define __launch_bounds__(threads)

struct Place {
  unsigned x;
};
static thread_local Place threadIdx, blockIdx;
static const Place gridDim = {2};
static pthread_barrier_t group;
static void __syncthreads() { pthread_barrier_wait(&group); }
static unsigned atomicAdd(unsigned *counter, unsigned n) { return __atomic_fetch_add(counter, n, __ATOMIC_RELAXED); }

static double __longlong_as_double(long long bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
static long long __double_as_longlong(double x) {
  long long bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
static double __dmul_rn(double a, double b) { return a * b; }
static double __dadd_rn(double a, double b) { return a + b; }
static double __dsub_rn(double a, double b) { return a - b; }
static double __ddiv_rn(double a, double b) { return a / b; }
static float __double2float_rn(double x) { return (float)x; }

#include "somemem_device.h"

// Runs one group after another, because groups share nothing.
template <typename Real, typename Kernel>
static bool filled(Kernel kernel, unsigned long long number, SomeMemDeviceKey key, unsigned long long first) {
  std::vector<Real> out(number);
  for (unsigned n = 0; n < gridDim.x; n++) {
    std::vector<std::thread> threads;
    for (unsigned thread = 0; thread < SOMEMEM_DEVICE_GROUP; thread++) {
      threads.emplace_back([=, &out] {
        threadIdx.x = thread;
        blockIdx.x = n;
        kernel(out.data(), number, key, first);
      });
    }
    for (std::thread &thread : threads) thread.join();
  }
  return fwrite(out.data(), sizeof(Real), number, stdout) == number;
}

int main(int, char **arguments) {
  unsigned long long numbers[4];
  for (int n = 0; n < 4; n++) numbers[n] = strtoull(arguments[n + 1], NULL, 10);
  SomeMemDeviceKey key = somemem_device_key(numbers[0], numbers[1]);
  pthread_barrier_init(&group, NULL, SOMEMEM_DEVICE_GROUP);
  return !(filled<double>(somemem_device_fill, numbers[3], key, numbers[2]) && filled<float>(somemem_device_fill_f32, numbers[3], key, numbers[2]));
}
