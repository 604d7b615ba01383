/* exp, log and their kin without a branch, so that a loop over lanes becomes vector instructions. Within 1.6 ulp
 * of the true value, tanh within 2.5; inf, nan, zeros and subnormal numbers as in the C library. A test compares with mpmath.
 * rules.h, included after this, takes these for the library's. */
#ifndef AUTOGRAD_FUNCTIONS_H
#define AUTOGRAD_FUNCTIONS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER)
#define LANE static __forceinline
#else
#define LANE static inline __attribute__((always_inline))
#endif

LANE uint64_t bits_of(double x) { uint64_t b; memcpy(&b, &x, sizeof b); return b; }
LANE double of_bits(uint64_t b) { double x; memcpy(&x, &b, sizeof x); return x; }
LANE double power_of_2(uint64_t k) { return of_bits((k + 1023) << 52); }

static const double LN2_HIGH = 6.93147180369123816490e-01, LN2_LOW = 1.90821492927058770002e-10;  /* their sum is log 2; */
static const double ROUNDER = 0x1.8p52;  /* the high one ends in zeros. x + ROUNDER has the nearest whole number in its last bits */

/* x = k · log 2 + r with |r| ≤ ½ log 2. Gives e^r - 1, by its series, and k. x lies in ±746 or is nan. */
LANE double reduced_expm1(double x, uint64_t *k) {
    double shifted = x * 1.44269504088896340736 + ROUNDER, whole = shifted - ROUNDER;
    *k = bits_of(shifted) - bits_of(ROUNDER);
    double high = x - whole * LN2_HIGH, r = high - whole * LN2_LOW;
    double low = (high - r) - whole * LN2_LOW;  /* what r was rounded by */
    double q = 1.0 / 6227020800;
    q = q * r + 1.0 / 479001600;
    q = q * r + 1.0 / 39916800;
    q = q * r + 1.0 / 3628800;
    q = q * r + 1.0 / 362880;
    q = q * r + 1.0 / 40320;
    q = q * r + 1.0 / 5040;
    q = q * r + 1.0 / 720;
    q = q * r + 1.0 / 120;
    q = q * r + 1.0 / 24;
    q = q * r + 1.0 / 6;
    q = q * r + 0.5;
    return r + (r * r * q + low);
}
LANE double clamped(double x, double low, double high) {
    x = x > high ? high : x;
    return x < low ? low : x;
}
LANE double lane_exp(double x) {
    uint64_t k;
    double p = 1 + reduced_expm1(clamped(x, -746, 710), &k);
    uint64_t half = ((k + 2048) >> 1) - 1024;  /* 2^k in two factors: k goes beyond what one exponent holds */
    return p * power_of_2(half) * power_of_2(k - half);
}
LANE double lane_expm1(double x) {
    uint64_t k;
    double p = reduced_expm1(clamped(x, -60, 710), &k);
    uint64_t half = ((k + 2048) >> 1) - 1024;
    double s = power_of_2(half), t = power_of_2(k - half), scale = s * t;
    double v = x > 40 ? (1 + p) * s * t : p * scale + (scale - 1);
    return x == 0 ? x : v;
}
/* log x for x ≥ 0, plus `more`, which is small beside it. With m = 1 + f in [√½, √2) and s = f / (2 + f):
 * log m = f - f²/2 + s (f²/2 + R), R = ⅔s² + ⅖s⁴ + ... as in the Sun C library. */
LANE double log_plus(double x, double more) {
    int tiny = x < 0x1p-1022;
    uint64_t b = bits_of(tiny ? x * 0x1p54 : x);
    b += 0x3ff0000000000000 - 0x3fe6a09e667f3bcd;  /* the mantissa's split goes from 1 to √½ */
    double e = of_bits((b >> 52) | 0x4330000000000000) - (tiny ? 0x1p52 + 1023 + 54 : 0x1p52 + 1023);
    double f = of_bits((b & 0x000fffffffffffff) + 0x3fe6a09e667f3bcd) - 1;
    double s = f / (2 + f), z = s * s, w = z * z, half = 0.5 * f * f;
    double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    double odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
    return e * LN2_HIGH - ((half - (s * (half + even + odd) + (e * LN2_LOW + more))) - f);
}
LANE double lane_log(double x) {
    double v = log_plus(x, 0);
    v = x == 0 ? -INFINITY : v;
    v = x < INFINITY ? v : x;
    return x < 0 ? NAN : v;
}
LANE double lane_log1p(double x) {
    double u = 1 + x;
    double lost = x >= 1 ? 1 - (u - x) : x - (u - 1);  /* by which u was rounded */
    double v = log_plus(u, lost / u);
    v = u == 1 ? x : v;
    v = u == 0 ? -INFINITY : v;
    v = u < INFINITY ? v : u;
    return u < 0 ? NAN : v;
}
LANE double lane_tanh(double x) {
    uint64_t k;
    double from = -2 * fabs(x), p = reduced_expm1(from < -60 ? -60 : from, &k), scale = power_of_2(k);
    double t = p * scale + (scale - 1), far = 2 * (1 + t);  /* e^-2|x| - 1. tanh |x| is -t / (t + 2), or 1 less what is missing */
    int beyond = far < 0.66;
    double v = (beyond ? far : -t) / (t + 2);
    return copysign(beyond ? 1 - v : v, x);
}

#define exp(x) lane_exp(x)
#define expm1(x) lane_expm1(x)
#define log(x) lane_log(x)
#define log1p(x) lane_log1p(x)
#define tanh(x) lane_tanh(x)

#endif
