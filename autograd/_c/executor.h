/* The executor of compiled programs: what its files share. It knows numbers and slots, and nothing of Values.
 *
 * plan.c checks a program and keeps it as a Plan. kernels.h runs a Plan on one block of samples; it is compiled once
 * for every instruction set (kernels_*.c), and run.c picks the best, cuts the samples into chunks and starts threads.
 * executor.c is the face to Python. */
#ifndef AUTOGRAD_EXECUTOR_H
#define AUTOGRAD_EXECUTOR_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HIDDEN __attribute__((visibility("hidden")))
#else
#define HIDDEN
#endif

/* ---- The program ----
 * A slot is a place for one number a sample: parameters, constants, uniform results (all three the same for every
 * sample), then inputs and results of each sample. A run is one rule, applied to n sets of operands. */
typedef struct {
    int32_t op, n, out;        /* results go to slots out, ..., out + n - 1 */
    int32_t k, has_bias;       /* of dot, product and take: terms, or entries of a table */
    uint8_t per_sample;
    uint8_t x_active, y_active; /* some first (second) operand depends on a parameter; x_active alone, of any other rule */
    uint8_t certain;           /* gradient reaches all its results, whatever `where` and `take` choose */
    uint8_t matrix;            /* a product whose weights are uniform */
    uint8_t w_together, x_together;  /* the slots of each row of its weights, of its x, follow one another */
    int32_t k_padded;          /* k, as a multiple of PAD */
    size_t packed;             /* where its weights begin among the packed ones, which have rows of k_padded */
    const int32_t *args;
} Run;

typedef struct {
    int32_t *code;             /* the program as it came, to be pickled */
    size_t code_length;
    double *constants;
    int32_t parameters, constant_count, columns, output_count, uniform_end, slots;
    const int32_t *outputs;
    Run *runs;                 /* uniform ones first */
    int32_t uniform_runs, run_count;
    uint8_t *active;           /* a slot that depends on a parameter */
    uint8_t chooses;           /* some run is not certain */
    int64_t work;              /* multiplications, or so, that one sample costs */
    int32_t widest;            /* the longest side of a packed matrix */
    size_t packed;             /* numbers in all packed weights */
} Plan;

enum { PAD = 16, LANES_MAX = 128, FORMAT = 1, HEADER = 7, RUN_HEADER = 5 };

/* ---- One call ---- */
typedef struct { int64_t sample; int32_t entries; double index; } BadIndex;  /* of a take; sample < 0: none */

typedef struct {
    const Plan *plan;
    const double *parameters, *X;
    int64_t samples;
    const double *seeds;       /* samples × outputs, or NULL: */
    double seed;               /* the same for all */
    double *outputs;           /* samples × outputs, or their sums */
    double *gradient;          /* NULL: forward only */
    int reduce;
} Call;

/* Memory of one thread. All of it comes out of one allocation, and is kept between calls. */
typedef struct Scratch Scratch;
struct Scratch {
    Scratch *next;
    size_t bytes;
    void *memory;
    void *v, *g;               /* values and gradients of a block: slot after slot, each `lanes` numbers */
    void *uniform_g;           /* gradients of uniform slots, summed over this chunk */
    void *packed_g;            /* gradients of packed weights, as they are packed */
    void *rows, *transposed, *temporary;
    void **pointers;
    double *sums;              /* of each output over this chunk */
    BadIndex bad;
    void *work;                /* what its thread is to do */
    pthread_t thread;
};
/* What all threads of a call share: values of uniform slots, packed weights, and the sum of uniform gradients. */
typedef struct { void *u, *packed, *total; } Shared;

/* The kernels for one instruction set and one type of number. */
typedef struct {
    const char *name;
    size_t number;             /* bytes of a number */
    void (*begin)(const Call *, Shared *, BadIndex *);
    void (*chunk)(const Call *, const Shared *, Scratch *, int64_t first, int64_t last, int32_t lanes);
    void (*add)(void *total, const void *part, size_t n);
    void (*end)(const Call *, const Shared *);
    void (*single)(const Call *, Scratch *);
} Kernels;
extern HIDDEN const Kernels kernels_base, kernels_base_single;
#if defined(__x86_64__) && (defined(__clang__) || (defined(__GNUC__) && __GNUC__ >= 12))
#define HAS_TARGETS
extern HIDDEN const Kernels kernels_v3, kernels_v4, kernels_v3_single, kernels_v4_single;
#endif

/* ---- plan.c ---- */
extern HIDDEN const char *const operation_names[];       /* by op; NULL where there is none */
extern HIDDEN const int operation_count;
HIDDEN Plan *plan_new(const int32_t *code, size_t length, const double *constants, size_t count, char *error, size_t room);
HIDDEN void plan_free(Plan *);

/* ---- run.c ---- */
HIDDEN const Kernels *kernels_for(size_t number, const char *name);  /* NULL as a name: the best that this machine has */
HIDDEN size_t scratch_bytes(const Plan *, int64_t samples, size_t number);
HIDDEN Scratch *scratch_new(size_t bytes);
HIDDEN void scratch_free(Scratch *);
HIDDEN int64_t chunk_count(const Plan *, int64_t samples);
/* Runs a call with one thread for each scratch of the list. */
HIDDEN void run_call(const Call *, const Kernels *, Scratch *, BadIndex *);

#endif
