/* The operations of a program: the rules of rules.h, and two that only programs have. */
#ifndef AUTOGRAD_OPERATIONS_H
#define AUTOGRAD_OPERATIONS_H
#include "rules.h"

enum { RUN_PRODUCT = OPS, RUN_TAKE, OPERATIONS };

#endif
