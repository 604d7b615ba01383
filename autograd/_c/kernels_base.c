/* The kernels for any machine. */
#define VECTOR_BYTES 16
#ifdef SINGLE
#define KERNELS kernels_base_single
typedef float real;
#else
#define KERNELS kernels_base
typedef double real;
#endif
#define NAME "base"
#include "kernels.h"
