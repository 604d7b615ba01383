/* The kernels for x86-64-v4 (AVX-512). */
#include "executor.h"
#ifdef HAS_TARGETS
#include <math.h>
#include <string.h>
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#else
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#endif
#ifdef SINGLE
#define VECTOR_BYTES 32  /* eight float: rows of lanes are multiples of eight */
#else
#define VECTOR_BYTES 64
#endif
#ifdef SINGLE
#define KERNELS kernels_v4_single
typedef float real;
#else
#define KERNELS kernels_v4
typedef double real;
#endif
#define NAME "v4"
#include "kernels.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
