/* The same in single precision. */
#define SINGLE
#include "kernels_v3.c"
