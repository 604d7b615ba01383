/* A node of the graph, and how one is made. Included by every file of the engine. */
#ifndef AUTOGRAD_NODE_H
#define AUTOGRAD_NODE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <stdint.h>
#include "rules.h"

#ifdef Py_GIL_DISABLED
#error "the C engine leans on the GIL; a free-threaded Python gets the engine in plain Python"
#endif

#if defined(__GNUC__)
#define HIDDEN __attribute__((visibility("hidden")))
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PREFETCH(address) __builtin_prefetch((address), 1)
#else
#define HIDDEN
#define UNLIKELY(x) (x)
#define PREFETCH(address) ((void)0)
#endif

/* ---- The node: 64 bytes, one cache line ----
 * Operands are fixed at birth and older than the node, so a graph has no cycles: reference counting alone frees
 * it, and the cyclic garbage collector never needs to know of it. */
typedef struct Value Value;
typedef struct Many Many;
typedef union { Value *v; double c; Many *many; uint64_t taken; } Operand;
struct Value {
    PyObject_HEAD
    double data;
    union { double grad; Value *next; };  /* next: in a list of the dead or of the free */
    Operand a, b;                         /* of a rule of many operands: a.many; of a leaf: b.taken */
    uint64_t serial;
    uint32_t uses;                        /* during a sweep: consumers that have not sent their gradient yet; else 0, but in collect.c */
    uint32_t tag;                         /* op, which operands are constants, has a note, scope */
};
/* The operands of a rule of many: v[i], or where that is NULL the constant c[i] (an array only if there are any). Where
 * they are `shared`, a tuple that stands at v[n] keeps them alive, and the node has one reference to that in their place. */
struct Many { uint32_t n, shared; double *c; Value *v[]; };

#define OP_BITS 0x3Fu
#define B_CONSTANT 0x40u                  /* b holds a number */
#define A_CONSTANT 0x80u
#define FROZEN A_CONSTANT                 /* of a leaf, which has no a: backward() leaves its grad alone */
#define CODE_BITS 0xFFu
#define NOTED 0x100u                      /* has a label or a line in `notes` */
#define SCOPE_SHIFT 9
#define OP_OF(v) ((v)->tag & OP_BITS)
/* b.taken of a leaf: WRITTEN if its grad was written since it was last taken (bulk.c), else the number of that taking. */
#define WRITTEN UINT64_MAX

extern HIDDEN PyTypeObject Value_Type;
#define IS_VALUE(o) Py_IS_TYPE(o, &Value_Type)

/* ---- Modes of this thread: scope << SCOPE_SHIFT, and flags in bits that a tag uses for the op ---- */
#define NO_GRAD 1u
#define ANOMALY 2u
#define LINES 4u
#define TRACING 8u                        /* comparisons are recorded, and nobody may read a number out of a Value */
#define FLAGS (NO_GRAD | ANOMALY | LINES | TRACING)
#if defined(_MSC_VER)
#define THREAD_LOCAL __declspec(thread)
#elif defined(__GLIBC__)
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))
#else
#define THREAD_LOCAL _Thread_local
#endif
extern HIDDEN THREAD_LOCAL uint32_t modes;

/* ---- Memory (memory.c): slabs of nodes. All of it under the GIL. ---- */
typedef struct Slab Slab;
struct Slab {
    Slab *next, *before;                  /* in the list of slabs that have room */
    Value *free;                          /* nodes that were used and are free again */
    uint32_t live, fresh;                 /* nodes in use; nodes from here on were never used */
};
extern HIDDEN Slab *room;                 /* slabs with a free node; the first is the one in use */
HIDDEN Value *node_from_new_slab(void);
HIDDEN void slab_filled(Slab *);
HIDDEN void slab_reopened(Slab *);
HIDDEN void slab_emptied(Slab *);

#if defined(__has_feature)
#if __has_feature(address_sanitizer)      /* as Clang says it */
#define NODES_BY_MALLOC
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(NODES_BY_MALLOC)         /* let the sanitizer see every node */
#define NODES_BY_MALLOC
#endif
#define SLAB_BYTES ((size_t)1 << 21)  /* a huge page, where there are any */
/* Nodes are made, swept and freed mostly in the order of their addresses: fetch the one 32 places on. It matters where
 * other programs fill the caches. */
#define AHEAD ((ptrdiff_t)(32 * sizeof(Value)))
#define SLAB_NODES ((uint32_t)(SLAB_BYTES / sizeof(Value)))

INLINE Value *node_alloc(void) {
#ifdef NODES_BY_MALLOC
    Value *v = malloc(sizeof *v);
    if (!v) PyErr_NoMemory();
    return v;
#else
    Slab *s = room;
    if (UNLIKELY(!s)) return node_from_new_slab();
    Value *v = s->free;
    if (v) s->free = v->next;
    else v = (Value *)s + s->fresh++;
    s->live++;
    PREFETCH((char *)v + AHEAD);
    if (UNLIKELY(!s->free && s->fresh == SLAB_NODES)) slab_filled(s);
    return v;
#endif
}
INLINE void node_free(Value *v) {
#ifdef NODES_BY_MALLOC
    free(v);
#else
    Slab *s = (Slab *)((uintptr_t)v & ~(uintptr_t)(SLAB_BYTES - 1));
    if (UNLIKELY(!s->free && s->fresh == SLAB_NODES)) slab_reopened(s);
    v->next = s->free;
    s->free = v;
    if (UNLIKELY(--s->live == 0)) slab_emptied(s);
#endif
}

/* ---- Making nodes ---- */
extern HIDDEN uint64_t births;
HIDDEN void operands_release(uint32_t code, Operand a, Operand b);
HIDDEN PyObject *node_in_mode(Value *);   /* what no_grad, detect_anomaly and record_lines make of a new node */

/* A new node. It takes the operands over, also where it fails. */
INLINE Value *node_new(double data, uint32_t code, Operand a, Operand b) {
    Value *v = node_alloc();
    if (UNLIKELY(!v)) { operands_release(code, a, b); return NULL; }
#ifdef Py_DEBUG
    PyObject_Init((PyObject *)v, &Value_Type);
#else
    v->ob_base = (PyObject){0};  /* Py_SET_REFCNT reads the old count, and lets it stand where it looks immortal */
    Py_SET_TYPE(v, &Value_Type);
    Py_SET_REFCNT(v, 1);
#endif
    v->data = data;
    v->grad = 0;
    v->a = a;
    v->b = b;
    v->serial = ++births;
    v->uses = 0;
    v->tag = code | (modes & ~FLAGS);
    return v;
}
INLINE PyObject *record(double data, uint32_t code, Operand a, Operand b) {
    Value *v = node_new(data, code, a, b);
    if (UNLIKELY(modes & (NO_GRAD | ANOMALY | LINES)) && v) return node_in_mode(v);
    return (PyObject *)v;
}
#define LEAF_OPERAND ((Operand){.v = NULL})
INLINE Operand constant(double c) { return (Operand){.c = c}; }
INLINE Operand of(Value *v) { Py_INCREF(v); return (Operand){.v = v}; }

/* ---- Operands of a node, whatever its rule ---- */
INLINE uint32_t operand_count(const Value *v) {
    uint32_t op = OP_OF(v);
    return op == LEAF ? 0 : IS_UNARY(op) ? 1 : IS_BINARY(op) ? 2 : v->a.many->n;
}
/* The i-th operand: the Value, or NULL and the number in *c. */
INLINE Value *operand_at(const Value *v, uint32_t i, double *c) {
    if (IS_MANY(OP_OF(v))) {
        Many *m = v->a.many;
        if (!m->v[i]) *c = m->c[i];
        return m->v[i];
    }
    const Operand *o = i ? &v->b : &v->a;
    if (v->tag & (i ? B_CONSTANT : A_CONSTANT)) { *c = o->c; return NULL; }
    return o->v;
}

/* Of a `take`: the whole number at or below the index, brought into 0 ... count - 1. */
INLINE uint32_t place(double index, uint32_t count) {
    return !(index >= 1) ? 0 : index >= count - 1 ? count - 1 : (uint32_t)index;
}
/* Of a `where` or `take`: the operand that its first one chooses. */
INLINE uint32_t taken(const Many *m, uint32_t op) {
    double first = m->v[0] ? m->v[0]->data : m->c[0];
    return op == WHERE ? (first != 0 ? 1 : 2) : m->n > 1 ? 1 + place(first, m->n - 1) : 0;
}
#define CHOOSES(op) ((op) == WHERE || (op) == TAKE)

/* ---- Between the files ---- */
HIDDEN int as_number(PyObject *, double *);              /* 1: a number; 0: not one, no error set; -1: an error is set */
HIDDEN int to_number(PyObject *, const char *what, double *);  /* 0, or -1 and a TypeError that says what was given */
/* The node of an operator of which one side is a Value, or NotImplemented. */
INLINE PyObject *binary(PyObject *l, PyObject *r, int op) {
    double c;
    int number;
    if (IS_VALUE(l)) {
        Value *a = (Value *)l, *b = (Value *)r;
        if (IS_VALUE(r)) return record(value2(op, a->data, b->data), op, of(a), of(b));
        if ((number = as_number(r, &c)) > 0) return record(value2(op, a->data, c), op | B_CONSTANT, of(a), constant(c));
    } else {
        Value *b = (Value *)r;
        if ((number = as_number(l, &c)) > 0) return record(value2(op, c, b->data), op | A_CONSTANT, constant(c), of(b));
    }
    if (number < 0) return NULL;
    Py_RETURN_NOTIMPLEMENTED;
}
HIDDEN int make_ops(void);
HIDDEN int op_named(PyObject *name);                     /* the op, or -1 and ValueError */
HIDDEN const char *op_name(int op);
HIDDEN Many *many_new(uint32_t n, int with_constants);
HIDDEN void many_free(Many *);                           /* not its operands */
HIDDEN PyObject *value_backward(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
HIDDEN PyObject *value_apply(PyObject *, PyObject *const *, Py_ssize_t);
HIDDEN PyObject *value_operands(Value *, void *);
HIDDEN PyObject *call(PyObject *module, const char *function, const char *format, ...);
HIDDEN PyObject *record_dot(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
HIDDEN PyObject *record_program(PyObject *, PyObject *const *, Py_ssize_t);
HIDDEN PyObject *read_numbers(PyObject *, PyObject *const *, Py_ssize_t), *write_numbers(PyObject *, PyObject *const *, Py_ssize_t);
HIDDEN PyObject *add_gradients(PyObject *, PyObject *const *, Py_ssize_t), *take_gradients(PyObject *, PyObject *);
HIDDEN PyObject *zero_gradients(PyObject *, PyObject *);
HIDDEN PyObject *record_sum(PyObject *, PyObject *);
HIDDEN PyObject *collect(PyObject *, PyObject *);        /* collect.c */
HIDDEN PyObject *record_logsumexp(PyObject *, PyObject *);
HIDDEN PyObject *enter_no_grad(PyObject *, PyObject *), *enter_anomaly(PyObject *, PyObject *), *enter_lines(PyObject *, PyObject *);
HIDDEN PyObject *leave_no_grad(PyObject *, PyObject *const *, Py_ssize_t), *leave_anomaly(PyObject *, PyObject *const *, Py_ssize_t);
HIDDEN PyObject *leave_lines(PyObject *, PyObject *const *, Py_ssize_t);
HIDDEN PyObject *scope_entry(const char *table, unsigned long number);
HIDDEN PyObject *note_of(Value *);                       /* borrowed (label, line), or NULL */
HIDDEN int set_note(Value *, PyObject *label, PyObject *line);
HIDDEN int refuse_computed(Value *, const char *attribute);  /* 1 and an error set if it is not a leaf */
HIDDEN int refuse_reading(const char *what);             /* in a trace: sets an error, returns -1; else 0 */
extern HIDDEN PyNumberMethods value_as_number;
extern HIDDEN PyObject *scalars_module, *graph_module, *anomaly_module, *modes_module, *tracing_module;

#endif
