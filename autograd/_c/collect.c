/* From Values to the flat arrays of a graph: what Graph.of in compiler/graph.py says, in C.
 *
 * While it runs, `uses` of a node, 0 between sweeps, says what is known of it: first that it was found, then which input
 * it is, at last its number in the graph. Nothing meanwhile makes an object that the garbage collector counts, so no other
 * code runs; and before the answer or an error is made, every `uses` is 0 again. */
#include "node.h"
#include <string.h>

enum { CONST, PARAM, INPUT };
#define FOUND 1u
#define INPUT_FROM 2u

typedef struct {
    uint64_t before, range;    /* what the run made has serial numbers from `before` on, and there are `range` of them */
    Value **young;             /* [range]: what was found of that, each in the place of its serial number */
    Value **old;               /* what else was found */
    size_t olds, room;
    int64_t nodes, operands;
    uint8_t *op;
    int32_t *start, *args;
    double *number;
    PyObject *arrays[4];       /* bytes, where op, start, args and number lie */
} Collected;

static void forget(Collected *c) {
    for (size_t i = 0; i < c->olds; i++) c->old[i]->uses = 0;
    for (uint64_t p = 0; c->young && p < c->range; p++) if (c->young[p]) c->young[p]->uses = 0;
    PyMem_Free(c->old);
    PyMem_Free(c->young);
    c->old = c->young = NULL;
    c->olds = 0;
}

static int find(Collected *c, Value *v) {
    if (v->uses) return 0;
    c->nodes++;
    if (v->serial >= c->before) {
        v->uses = FOUND;
        c->young[v->serial - c->before] = v;
        return 0;
    }
    if (c->olds == c->room) {
        size_t room = c->room * 2 + 64;
        Value **old = PyMem_Realloc(c->old, room * sizeof *old);
        if (!old) { PyErr_NoMemory(); return -1; }
        c->old = old;
        c->room = room;
    }
    v->uses = FOUND;
    c->old[c->olds++] = v;
    return 0;
}

static int find_operands(Collected *c, Value *v, Value *stale[2]) {
    uint32_t count = operand_count(v);
    c->operands += count;
    for (uint32_t a = 0; a < count; a++) {
        double number;
        Value *x = operand_at(v, a, &number);
        if (!x) { c->nodes++; continue; }
        if (x->serial > v->serial) { stale[0] = x; stale[1] = v; return -1; }
        if (find(c, x) < 0) return -1;
    }
    return 0;
}

/* All nodes that the outputs were made by; counts what the arrays must hold. On -1 without an error `stale` is set.
 * From the youngest down, as they stand in memory: an operand is older than what was made of it. */
static int find_all(Collected *c, PyObject *outputs, Value *stale[2]) {
    c->range = births >= c->before ? births - c->before + 1 : 0;
    if (!(c->young = PyMem_Calloc(c->range + 1, sizeof *c->young))) { PyErr_NoMemory(); return -1; }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(outputs); i++) {
        PyObject *o = PyList_GET_ITEM(outputs, i);
        if (!IS_VALUE(o)) c->nodes++;
        else if (find(c, (Value *)o) < 0) return -1;
    }
    for (uint64_t p = c->range; p-- > 0;) if (c->young[p] && find_operands(c, c->young[p], stale) < 0) return -1;
    for (size_t i = 0; i < c->olds; i++) if (find_operands(c, c->old[i], stale) < 0) return -1;
    return 0;
}

/* Sorts by serial number, 11 bits at a time. */
static int by_age(Value **found, size_t n) {
    if (n < 2) return 0;
    enum { DIGIT = 11, PLACES = 1 << DIGIT };
    uint64_t least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t s = found[i]->serial;
        if (s < least) least = s;
        if (s > most) most = s;
    }
    typedef struct { uint64_t serial; Value *v; } Aged;
    Aged *a = PyMem_Malloc(2 * n * sizeof *a), *b = a ? a + n : NULL, *memory = a;
    if (!a) { PyErr_NoMemory(); return -1; }
    for (size_t i = 0; i < n; i++) a[i] = (Aged){found[i]->serial - least, found[i]};
    for (int shift = 0; shift < 64 && (most - least) >> shift; shift += DIGIT) {
        size_t ends[PLACES + 1] = {0};
        for (size_t i = 0; i < n; i++) ends[(a[i].serial >> shift & (PLACES - 1)) + 1]++;
        for (int p = 0; p < PLACES; p++) ends[p + 1] += ends[p];
        for (size_t i = 0; i < n; i++) b[ends[a[i].serial >> shift & (PLACES - 1)]++] = a[i];
        Aged *other = a;
        a = b;
        b = other;
    }
    for (size_t i = 0; i < n; i++) found[i] = a[i].v;
    PyMem_Free(memory);
    return 0;
}

static int32_t add(Collected *c, uint8_t op, double number) {
    int32_t i = (int32_t)c->nodes++;
    c->op[i] = op;
    c->number[i] = number;
    c->start[i + 1] = (int32_t)c->operands;
    return i;
}

static void write_node(Collected *c, Value *v, const uint8_t *codes) {
    uint32_t count = operand_count(v);
    int64_t from = c->operands;
    for (uint32_t a = 0; a < count; a++) {
        double number = 0;
        Value *x = operand_at(v, a, &number);
        if (!x) c->start[c->nodes + 1] = (int32_t)from;
        int32_t place = x ? (int32_t)(x->uses - 1) : add(c, CONST, number);
        c->args[from + a] = place;
    }
    c->operands = from + count;
    v->uses = (uint32_t)add(c, codes[OP_OF(v)], 0) + 1;
}

static int write_one(Collected *c, Value *v, const uint8_t *codes, PyObject *parameters) {
    if (operand_count(v)) write_node(c, v, codes);
    else if (v->uses >= INPUT_FROM) v->uses = (uint32_t)add(c, INPUT, v->uses - INPUT_FROM) + 1;
    else if (v->serial >= c->before) v->uses = (uint32_t)add(c, CONST, v->data) + 1;
    else {
        v->uses = (uint32_t)add(c, PARAM, (double)PyList_GET_SIZE(parameters)) + 1;
        if (PyList_Append(parameters, (PyObject *)v) < 0) return -1;
    }
    return 0;
}

/* In order of creation. */
static int write_all(Collected *c, const uint8_t *codes, PyObject *parameters) {
    for (size_t i = 0; i < c->olds; i++) if (write_one(c, c->old[i], codes, parameters) < 0) return -1;
    for (uint64_t p = 0; p < c->range; p++) if (c->young[p] && write_one(c, c->young[p], codes, parameters) < 0) return -1;
    return 0;
}

/* Room for the arrays; what was counted is then counted again, as it is written. */
static int make_room(Collected *c) {
    if (c->nodes >= INT32_MAX / 2 || c->operands >= INT32_MAX) {
        forget(c);
        PyErr_SetString(PyExc_OverflowError, "the graph has more than a billion nodes");
        return -1;
    }
    const int64_t sizes[4] = {c->nodes, 4 * (c->nodes + 1), 4 * c->operands, 8 * c->nodes};
    for (int i = 0; i < 4; i++) if (!(c->arrays[i] = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)sizes[i]))) return -1;
    c->op = (uint8_t *)PyBytes_AS_STRING(c->arrays[0]);
    c->start = (int32_t *)PyBytes_AS_STRING(c->arrays[1]);
    c->args = (int32_t *)PyBytes_AS_STRING(c->arrays[2]);
    c->number = (double *)PyBytes_AS_STRING(c->arrays[3]);
    c->start[0] = 0;
    c->nodes = c->operands = 0;
    return 0;
}

static PyObject *collected(Collected *c, PyObject *outputs, PyObject *inputs, const uint8_t *codes, Value *stale[2]) {
    PyObject *parameters = PyList_New(0), *answer = NULL;
    Py_ssize_t k = PyList_GET_SIZE(outputs);
    int32_t *ends = PyMem_Malloc(((size_t)k + 1) * sizeof *ends);
    if (!ends) PyErr_NoMemory();
    if (!parameters || !ends || find_all(c, outputs, stale) < 0 || by_age(c->old, c->olds) < 0 || make_room(c) < 0) goto out;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(inputs); i++) {
        Value *v = (Value *)PyList_GET_ITEM(inputs, i);
        if (v->uses && !operand_count(v)) v->uses = INPUT_FROM + (uint32_t)i;
    }
    if (write_all(c, codes, parameters) < 0) goto out;
    for (Py_ssize_t i = 0; i < k; i++) {
        PyObject *o = PyList_GET_ITEM(outputs, i);
        ends[i] = IS_VALUE(o) ? (int32_t)(((Value *)o)->uses - 1) : add(c, CONST, PyFloat_AsDouble(o));
    }
    forget(c);
    answer = Py_BuildValue("OOOOy#O", c->arrays[0], c->arrays[1], c->arrays[2], c->arrays[3], (char *)ends, k * 4, parameters);
out:
    PyMem_Free(ends);
    Py_XDECREF(parameters);
    return answer;
}

PyObject *collect(PyObject *module, PyObject *arguments) {  /* (outputs, inputs, before, codes by op) */
    PyObject *outputs, *inputs;
    unsigned long long before;
    const char *codes;
    Py_ssize_t count;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!Ky#:collect", &PyList_Type, &outputs, &PyList_Type, &inputs, &before, &codes, &count)) return NULL;
    if (count != OPS) return PyErr_Format(PyExc_ValueError, "collect needs a code for each of %d operations, got %zd", OPS, count);
    for (int in = 0; in < 2; in++)
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(in ? inputs : outputs); i++) {
            PyObject *o = PyList_GET_ITEM(in ? inputs : outputs, i);
            if (IS_VALUE(o)) continue;
            if (!in && (PyFloat_Check(o) || PyLong_Check(o))) {
                if (PyFloat_AsDouble(o) == -1 && PyErr_Occurred()) return NULL;
                continue;
            }
            return PyErr_Format(PyExc_TypeError, "collect: %s %zd must be a Value, got %.80s", in ? "input" : "output", i, Py_TYPE(o)->tp_name);
        }
    Collected c = {.before = before};
    Value *stale[2] = {NULL, NULL};
    PyObject *answer = collected(&c, outputs, inputs, (const uint8_t *)codes, stale);
    forget(&c);
    for (int i = 0; i < 4; i++) Py_XDECREF(c.arrays[i]);
    if (stale[0]) {
        PyObject *error = call(graph_module, "stale", "OO", stale[0], stale[1]);
        if (error) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_XDECREF(error);
    }
    return answer;
}
