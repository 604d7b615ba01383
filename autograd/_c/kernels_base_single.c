/* The same in single precision. */
#define SINGLE
#include "kernels_base.c"
