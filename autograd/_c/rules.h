/* The calculus: the table of rules.py, once more, in C. A test compares the two.
 *
 * Each row: an identifier, the rule's name, its value, and its partial derivatives. In a row x and y are
 * the operands and v is the value; the forward pass, the sweep and the tests are all generated from these rows. */
#ifndef AUTOGRAD_RULES_H
#define AUTOGRAD_RULES_H

#include <math.h>

#define INLINE static inline __attribute__((always_inline))
#ifdef _MSC_VER
#undef INLINE
#define INLINE static __forceinline
#endif

static const double SQRT_HALF = 0.70710678118654752440;      /* √½ */
static const double PI_FACTOR = 1.12837916709551257390;      /* 2/√π, of erf' */
static const double NORMAL_FACTOR = 0.39894228040143267794;  /* 1/√(2π), of the normal density */
static const double LOG_2 = 0.69314718055994530942, LOG_10 = 2.30258509299404568402;

INLINE double power(double x, double y) { return y == 2 ? x * x : pow(x, y); }
INLINE double sigmoid(double x) { return 1 / (1 + exp(-x)); }
INLINE double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }
INLINE double gelu(double x) { return x * (0.5 * erfc(-x * SQRT_HALF)); }
INLINE double silu_partial(double x) { double s = sigmoid(x); return s * (1 + x * (1 - s)); }
INLINE double sign(double x) { return (x > 0) - (x < 0); }
INLINE double larger(double x, double y) { return y > x || y != y ? y : x; }
INLINE double smaller(double x, double y) { return y < x || y != y ? y : x; }
INLINE double larger_partial(double x, double y) { return x < y ? 0 : x == y ? 0.5 : 1; }

INLINE double atan2_partial(double along, double x, double y) { double r = hypot(x, y); return r == 0 ? 0 : along / r / r; }

/* Python's % and //: the remainder has the sign of y, and the quotient is rounded down to fit it. */
INLINE double modulo(double x, double y) {
    double r = fmod(x, y);
    if (r == 0) return copysign(0.0, y);
    return (y < 0) != (r < 0) ? r + y : r;
}
INLINE double floor_divide(double x, double y) {
    if (y == 0) return x / y;
    double r = fmod(x, y), q = (x - r) / y;
    if (r != 0 && (y < 0) != (r < 0)) q -= 1;
    if (q == 0) return copysign(0.0, x / y);
    double whole = floor(q);
    return q - whole > 0.5 ? whole + 1 : whole;
}

/*        op          name          v                          ∂v/∂x                                    ∂v/∂y */
#define BINARY_RULES(_) \
    _(ADD,        "+",          x + y,                     1,                                       1) \
    _(SUB,        "-",          x - y,                     1,                                       -1) \
    _(MUL,        "*",          x * y,                     y,                                       x) \
    _(DIV,        "/",          x / y,                     1 / y,                                   -v / y) \
    _(FLOORDIV,   "//",         floor_divide(x, y),        0,                                       0) \
    _(MOD,        "%",          modulo(x, y),              1,                                       -floor_divide(x, y)) \
    _(POW,        "**",         power(x, y),               y == 0 ? 0 : y == 2 ? 2 * x : y * pow(x, y - 1), x == 0 && y >= 0 ? 0 : v * log(x)) \
    _(ATAN2,      "atan2",      atan2(x, y),               atan2_partial(y, x, y),                  atan2_partial(-x, x, y)) \
    _(HYPOT,      "hypot",      hypot(x, y),               v == 0 ? 0 : x / v,                      v == 0 ? 0 : y / v) \
    _(MAXIMUM,    "maximum",    larger(x, y),              larger_partial(x, y),                    larger_partial(y, x)) \
    _(MINIMUM,    "minimum",    smaller(x, y),             larger_partial(-x, -y),                  larger_partial(-y, -x)) \
    _(LEAKY_RELU, "leaky_relu", x > 0 ? x : y * x,         x > 0 ? 1 : y,                           x > 0 ? 0 : x) \
    _(ELU,        "elu",        x <= 0 ? y * expm1(x) : x, x <= 0 ? y * exp(x) : 1,                 x <= 0 ? expm1(x) : 0) \
    _(LESS,       "<",          x < y,                     0,                                       0) \
    _(LESS_EQUAL, "<=",         x <= y,                    0,                                       0) \
    _(EQUAL,      "==",         x == y,                    0,                                       0) \
    _(NOT_EQUAL,  "!=",         x != y,                    0,                                       0)

/*        op        name        method      v                                  ∂v/∂x */
#define UNARY_RULES(_) \
    _(NEG,      "neg",      negative,   -x,                                -1) \
    _(ABS,      "abs",      abs,        fabs(x),                           sign(x)) \
    _(EXP,      "exp",      exp,        exp(x),                            v) \
    _(EXPM1,    "expm1",    expm1,      expm1(x),                          exp(x)) \
    _(LOG,      "log",      log,        log(x),                            1 / x) \
    _(LOG1P,    "log1p",    log1p,      log1p(x),                          1 / (1 + x)) \
    _(LOG2,     "log2",     log2,       log2(x),                           1 / (x * LOG_2)) \
    _(LOG10,    "log10",    log10,      log10(x),                          1 / (x * LOG_10)) \
    _(SQRT,     "sqrt",     sqrt,       sqrt(x),                           0.5 / v) \
    _(CBRT,     "cbrt",     cbrt,       cbrt(x),                           1 / (3 * v * v)) \
    _(SIN,      "sin",      sin,        sin(x),                            cos(x)) \
    _(COS,      "cos",      cos,        cos(x),                            -sin(x)) \
    _(TAN,      "tan",      tan,        tan(x),                            1 + v * v) \
    _(ASIN,     "asin",     asin,       asin(x),                           1 / sqrt((1 - x) * (1 + x))) \
    _(ACOS,     "acos",     acos,       acos(x),                           -1 / sqrt((1 - x) * (1 + x))) \
    _(ATAN,     "atan",     atan,       atan(x),                           1 / (1 + x * x)) \
    _(SINH,     "sinh",     sinh,       sinh(x),                           cosh(x)) \
    _(COSH,     "cosh",     cosh,       cosh(x),                           sinh(x)) \
    _(TANH,     "tanh",     tanh,       tanh(x),                           1 - v * v) \
    _(ASINH,    "asinh",    asinh,      asinh(x),                          1 / sqrt(x * x + 1)) \
    _(ACOSH,    "acosh",    acosh,      acosh(x),                          1 / sqrt((x - 1) * (x + 1) + 0.0)) \
    _(ATANH,    "atanh",    atanh,      atanh(x),                          1 / ((1 - x) * (1 + x))) \
    _(ERF,      "erf",      erf,        erf(x),                            PI_FACTOR * exp(-x * x)) \
    _(ERFC,     "erfc",     erfc,       erfc(x),                           -PI_FACTOR * exp(-x * x)) \
    _(SIGMOID,  "sigmoid",  sigmoid,    sigmoid(x),                        v * (1 - v)) \
    _(SOFTPLUS, "softplus", softplus,   softplus(x),                       sigmoid(x)) \
    _(RELU,     "relu",     relu,       x <= 0 ? 0 : x,                    x <= 0 ? 0 : 1) \
    _(GELU,     "gelu",     gelu,       gelu(x),                           0.5 * erfc(-x * SQRT_HALF) + x * (NORMAL_FACTOR * exp(-0.5 * x * x))) \
    _(SILU,     "silu",     silu,       x * sigmoid(x),                    silu_partial(x)) \
    _(STEP,     "step",     step,       x > 0 ? 1 : 0,                      0) \
    _(SIGN,     "sign",     sign,       sign(x),                           0) \
    _(FLOOR,    "floor",    floor,      floor(x),                          0) \
    _(CEIL,     "ceil",     ceil,       ceil(x),                           0)

/* Of three and of many operands: sweep.c and many.c spell these out, each as a loop. */
#define MANY_RULES(_) _(WHERE, "where") _(SUM, "sum") _(DOT, "dot") _(LOGSUMEXP, "logsumexp") _(TAKE, "take") _(PROGRAM, "program")

#define OP(op, ...) op,
enum Op { LEAF, BINARY_RULES(OP) UNARY_RULES(OP) MANY_RULES(OP) OPS };
#undef OP
_Static_assert(OPS <= 64, "a node keeps its op in six bits");
#define IS_BINARY(op) ((op) >= ADD && (op) <= NOT_EQUAL)
#define IS_UNARY(op) ((op) >= NEG && (op) <= CEIL)
#define IS_MANY(op) ((op) >= WHERE)

/* With a constant op the switch folds away and only the rule's own line is left. */
INLINE double value1(int op, double x) {
#define CASE(OP, name, method, V, DX) case OP: return V;
    switch (op) { UNARY_RULES(CASE) default: return NAN; }
#undef CASE
}
INLINE double value2(int op, double x, double y) {
#define CASE(OP, name, V, DX, DY) case OP: return V;
    switch (op) { BINARY_RULES(CASE) default: return NAN; }
#undef CASE
}

#endif
