"""Which names a function may have, in C and in Python: those that neither language, nor the source itself, uses.

>>> taken("moons"), taken("int"), taken("exp"), taken("map")
('', 'a keyword of C', "a name of C's library", 'a name that Python has built in')
"""

from __future__ import annotations

import builtins
import keyword
import re

KEYWORDS = """
    alignas alignof asm auto bool break case char const constexpr continue default do double else enum extern false
    float for goto if inline int long main nullptr register restrict return short signed sizeof static static_assert
    struct switch thread_local true typedef typeof typeof_unqual union unsigned void volatile while
"""
"""Of C99, C11 and C23, with `main`, which has a meaning of its own."""

MATH = """
    abs acos acosh arg asin asinh atan atan2 atanh cbrt ceil conj copysign cos cosh drem erf erfc exp exp10 exp2
    expm1 fabs fdim finite floor fma fmax fmin fmod frexp gamma hypot ilogb imag isinf isnan j0 j1 jn ldexp lgamma
    llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter nexttoward pow proj real
    remainder remquo rint round scalb scalbln scalbn signbit significand sin sinh sqrt tan tanh tgamma trunc y0 y1
    yn
"""
"""Of numbers; some have an f or l behind them for the type, and a c before them if complex."""

LIBRARY = """
    abort abs alloca atof atoi atol atoll bcmp bcopy bzero calloc double_t exit fclose fflush ffs fgetc fgets
    float_t fopen fpclassify fprintf fputc fputs fread free fscanf fwrite getc getchar gets imaxabs index isalnum
    isalpha isascii isblank iscntrl isdigit isfinite isgraph isgreater isgreaterequal isless islessequal
    islessgreater islower isnormal isprint ispunct isspace isunordered isupper iswalnum iswalpha iswblank iswcntrl
    iswdigit iswgraph iswlower iswprint iswpunct iswspace iswupper iswxdigit isxdigit labs linux llabs malloc
    math_errhandling memccpy memchr memcmp memcpy memmem memmove mempcpy memset printf putc putchar puts qsort rand
    realloc rindex scanf signgam size_t snprintf sprintf srand sscanf stpcpy stpncpy strcasecmp strcat strchr strcmp
    strcoll strcpy strcspn strdup strerror strftime strlen strncasecmp strncat strncmp strncpy strndup strnlen
    strpbrk strrchr strsep strsignal strspn strstr strtok strxfrm system time toascii tolower toupper towlower
    towupper ungetc unix vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf FP_FAST_FMA FP_FAST_FMAF
    FP_FAST_FMAL FP_ILOGB0 FP_ILOGBNAN FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO HUGE_VAL HUGE_VALF
    HUGE_VALL INFINITY MATH_ERREXCEPT MATH_ERRNO NAN NULL feclearexcept fegetenv fegetexceptflag fegetround
    feholdexcept feraiseexcept fesetenv fesetexceptflag fesetround fetestexcept feupdateenv
"""
"""What compilers know of the rest of C's library, and what math.h and string.h define."""

_LIBRARY = re.compile("|".join(LIBRARY.split()) + f"|M_\\w+|c?(?:{'|'.join(MATH.split())})[fl]?")
_RESERVED = re.compile(r"__|_[A-Z]")


def taken(name: str) -> str:
    """What a name is already, in words; "" if it is free."""
    if keyword.iskeyword(name):
        return "a keyword of Python"
    if name in KEYWORDS.split() or _RESERVED.match(name):
        return "a keyword of C"
    if _LIBRARY.fullmatch(name):
        return "a name of C's library"
    return "a name that Python has built in" if hasattr(builtins, name) else ""
