/* The same in single precision. */
#define SINGLE
#include "kernels_v4.c"
