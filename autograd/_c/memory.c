/* Where nodes live, and how they die. */
#include "node.h"

#ifndef _WIN32
#include <sys/mman.h>
#endif

/* Slabs come from the operating system and go back to it, so that memory really returns after a large graph; a few
 * empty ones are kept, because most programs build a graph of the same size again and again. The slab of a node is
 * found by clearing the low bits of its address; slot 0 of a slab is the Slab itself. */
enum { SPARES_KEPT = 16 };

Slab *room;
static Slab *spares;
static int spare_count;

static Slab *slab_alloc(void) {
#ifdef _WIN32
    return _aligned_malloc(SLAB_BYTES, SLAB_BYTES);
#else
    char *at = mmap(NULL, 2 * SLAB_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return NULL;
    size_t before = -(uintptr_t)at & (SLAB_BYTES - 1);
    if (before) munmap(at, before);
    munmap(at + before + SLAB_BYTES, SLAB_BYTES - before);
#ifdef MADV_HUGEPAGE
    static int small = 1;  /* the first slab stays in small pages: it serves the many programs that need no more */
    if (!small) madvise(at + before, SLAB_BYTES, MADV_HUGEPAGE);
    small = 0;
#endif
    return (Slab *)(at + before);
#endif
}
static void slab_release(Slab *s) {
#ifdef _WIN32
    _aligned_free(s);
#else
    munmap(s, SLAB_BYTES);
#endif
}

static void into_room(Slab *s) {
    s->before = NULL;
    s->next = room;
    if (room) room->before = s;
    room = s;
}
static void out_of_room(Slab *s) {
    if (s->before) s->before->next = s->next; else room = s->next;
    if (s->next) s->next->before = s->before;
}

Value *node_from_new_slab(void) {
    Slab *s = spares;
    if (s) { spares = s->next; spare_count--; }
    else if (!(s = slab_alloc())) { PyErr_NoMemory(); return NULL; }
    s->free = NULL;
    s->live = 1;
    s->fresh = 2;
    into_room(s);
    return (Value *)s + 1;
}
void slab_filled(Slab *s) { out_of_room(s); }
void slab_reopened(Slab *s) { into_room(s); }
void slab_emptied(Slab *s) {
    s->free = NULL;
    s->fresh = 1;
    if (room == s && !s->next) return;
    out_of_room(s);
    if (spare_count >= SPARES_KEPT) { slab_release(s); return; }
    s->next = spares;
    spares = s;
    spare_count++;
}

/* ---- The operands of rules of many ---- */
Many *many_new(uint32_t n, int with_constants) {
    size_t values = sizeof(Many) + (n + (n & 1)) * sizeof(Value *), constants = with_constants ? n * sizeof(double) : 0;
    Many *m = PyMem_Malloc(values + constants);
    if (!m) { PyErr_NoMemory(); return NULL; }
    m->n = n;
    m->shared = 0;
    m->c = with_constants ? (double *)((char *)m + values) : NULL;
    return m;
}
void many_free(Many *m) {
    if (m->shared) Py_DECREF((PyObject *)m->v[m->n]);
    PyMem_Free(m);
}

void operands_release(uint32_t code, Operand a, Operand b) {
    uint32_t op = code & OP_BITS;
    if (IS_MANY(op)) {
        for (uint32_t i = 0; i < a.many->n && !a.many->shared; i++) Py_XDECREF(a.many->v[i]);
        many_free(a.many);
    } else {
        if (op && !(code & A_CONSTANT)) Py_DECREF(a.v);
        if (IS_BINARY(op) && !(code & B_CONSTANT)) Py_DECREF(b.v);
    }
}

/* ---- Labels and lines: few nodes have one, so they stand beside the nodes: {address: (label, line)} ---- */
static PyObject *notes;

PyObject *note_of(Value *v) {
    if (!(v->tag & NOTED)) return NULL;
    PyObject *key = PyLong_FromVoidPtr(v);
    PyObject *note = key ? PyDict_GetItemWithError(notes, key) : NULL;
    Py_XDECREF(key);
    return note;
}
int set_note(Value *v, PyObject *label, PyObject *line) {
    if (!notes && !(notes = PyDict_New())) return -1;
    PyObject *key = PyLong_FromVoidPtr(v), *note = PyTuple_Pack(2, label, line);
    int failed = !key || !note || PyDict_SetItem(notes, key, note) < 0;
    if (!failed) v->tag |= NOTED;
    Py_XDECREF(key);
    Py_XDECREF(note);
    return -failed;
}
static void drop_note(Value *v) {
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyObject *key = PyLong_FromVoidPtr(v);
    if (!key || PyDict_DelItem(notes, key) < 0) PyErr_Clear();
    Py_XDECREF(key);
    PyErr_Restore(type, error, trace);
}

/* ---- Death ----
 * A node that dies takes the reference of each operand with it. A death inside a death is only queued, so a chain of
 * any length unwinds in this loop and not on the C stack. Nothing in the loop runs Python code, so the GIL guards it. */
static Value *dying;
static int unwinding;

INLINE void let_go(Value *operand) {
#ifndef Py_DEBUG
    if (Py_REFCNT(operand) == 1) { operand->next = dying; dying = operand; return; }
#endif
    Py_DECREF(operand);
}

HIDDEN void value_dealloc(Value *v) {
    v->next = dying;
    dying = v;
    if (unwinding) return;
    unwinding = 1;
    while ((v = dying)) {
        dying = v->next;
        PREFETCH((char *)v - AHEAD);
        uint32_t tag = v->tag, op = tag & OP_BITS;
        if (op) {
            if (IS_MANY(op)) {
                Many *m = v->a.many;
                for (uint32_t i = 0; i < m->n && !m->shared; i++) if (m->v[i]) let_go(m->v[i]);
                many_free(m);
            } else {
                if (!(tag & A_CONSTANT)) let_go(v->a.v);
                if (IS_BINARY(op) && !(tag & B_CONSTANT)) let_go(v->b.v);
            }
        }
        if (UNLIKELY(tag & NOTED)) drop_note(v);
        node_free(v);
    }
    unwinding = 0;
}
