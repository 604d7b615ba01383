/* Lowering: the passes of autograd/compiler/passes once more, on flat arrays. What its files share.
 *
 * lower.c is the face to Python. The passes stand in files of their own, lower_*.c, and each gives, bit for bit, what its
 * twin in Python gives; the twin says what it does and why. All of it runs under the GIL. */
#ifndef AUTOGRAD_LOWER_H
#define AUTOGRAD_LOWER_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#include "executor.h"
#include "operations.h"

enum { CONST, PARAM, INPUT, LEAVES };

/* Codes are those of graph.NAMES; `operation[code]` is the operation of operations.h, 0 of one that no program can have. */
typedef struct {
    const uint8_t *operation;
    int32_t count;             /* of codes; product and take of a Program follow */
    uint8_t add, mul, neg, sum, dot;
    PyObject *value;           /* value(code, [numbers]): the number of a node of constants */
} Codes;

/* n nodes, each after its operands args[start[i]], ..., args[start[i + 1] - 1]. */
typedef struct {
    int32_t n, output_count, parameters, columns;
    int64_t room, args_room;
    uint8_t *op;
    int32_t *start, *args;
    double *number;
    int32_t *outputs;
} Graph;

/* Memory for `count` things of one type, or NULL and a MemoryError; free with PyMem_Free. */
static inline void *numbers_new(int64_t count, size_t each, int zero) {
    void *p = zero ? PyMem_Calloc((size_t)count + 1, each) : PyMem_Malloc(((size_t)count + 1) * each);
    if (!p) PyErr_NoMemory();
    return p;
}

static inline int32_t size_of(const Graph *g, int32_t i) { return g->start[i + 1] - g->start[i]; }
static inline int32_t *args_of(const Graph *g, int32_t i) { return g->args + g->start[i]; }

/* ---- lower_graph.c ---- */
HIDDEN int graph_new(Graph *, const Graph *like, int64_t nodes, int64_t args);
HIDDEN void graph_free(Graph *);
/* The node's operands are written by the caller, at args_of() its number; -1 is MemoryError. */
HIDDEN int32_t graph_add(Graph *, uint8_t op, int32_t size, double number);
HIDDEN void graph_move_outputs(Graph *to, const Graph *from, const int32_t *place);
HIDDEN uint8_t *graph_uniform(const Graph *);
HIDDEN int32_t *graph_levels(const Graph *, const uint8_t *same, int32_t *deepest);

/* ---- The passes: 0, or -1 and an error is set. Those from one graph to another make the other. ---- */
HIDDEN int lower_fold(Graph *to, const Graph *from, const Codes *);
HIDDEN int lower_share(Graph *, const Codes *);            /* in place */
HIDDEN int lower_dead(Graph *);                            /* in place */
HIDDEN int lower_dots(Graph *to, const Graph *from, const Codes *);
HIDDEN int lower_products(Graph *, const Codes *, const uint8_t *same, const int32_t *level);  /* in place */

/* ---- lower_runs.c, lower_layout.c ---- */
typedef struct { uint64_t key; int32_t node; } Row;
typedef struct { int32_t *code; int64_t length, room; int32_t uniform_end, slots; } Runs;
typedef struct { const Graph *g; const int32_t *slot; } Order;
/* Sorts by key, then by less(a, b). `spare` has room for n. */
HIDDEN void sort_rows(Row *, Row *spare, int64_t n, int (*less)(const Order *, int32_t, int32_t), const Order *);
HIDDEN int lower_runs(Runs *, int32_t *slot, const Graph *, const Codes *, const uint8_t *same, const int32_t *level, int32_t deepest);
/* Writes one run of the nodes in `rows`, and gives them their slots. */
HIDDEN int write_run(Runs *, int32_t *slot, const Graph *, const Codes *, Row *rows, Row *spare, int32_t n, int32_t code, int per_sample);

/* ---- lower.c ---- */
HIDDEN PyObject *lower(PyObject *module, PyObject *args);

#endif
