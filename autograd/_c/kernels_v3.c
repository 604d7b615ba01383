/* The kernels for x86-64-v3 (AVX2 and FMA). */
#include "executor.h"
#ifdef HAS_TARGETS
#include <math.h>
#include <string.h>
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#else
#pragma GCC target("arch=x86-64-v3,prefer-vector-width=256")
#endif
#define VECTOR_BYTES 32
#ifdef SINGLE
#define KERNELS kernels_v3_single
typedef float real;
#else
#define KERNELS kernels_v3
typedef double real;
#endif
#define NAME "v3"
#include "kernels.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
