/* Watch: whether the variables that a traced function reads still hold what they held. The twin of watch.py, which
 * walks over them and says for each kind of holder what is compared.
 *
 * An exact list, dict, cell or array of objects is compared by its items; all else (and a dict with keys that are no
 * plain str) by the getter of watch.py. Looking a str up may run the code of another key; nothing is read without a
 * bound after that, and no borrowed reference is used. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "watch.h"

enum { CALLED, CELL, ENTRIES, DICT, LIST, ARRAY, ATTRIBUTES, KINDS };
typedef struct {
    int kind;
    PyObject *get, *holder, *keys, *held;  /* held: a tuple; keys: a tuple as long, or None */
    uint64_t version;             /* of a dict that was found to be the same, where Python counts them */
} Edge;
typedef struct {
    PyObject_HEAD
    Py_ssize_t count;
    Edge *edges;
    PyObject *gone;               /* in held: of items, one that is not watched; else what was not there */
} Watch;

/* Whether `now` is what was held: the same object, or a plain number or text that equals it. -1: an error. */
static int same(PyObject *now, PyObject *held) {
    if (now == held) return 1;
    PyTypeObject *type = Py_TYPE(held);
    if (Py_TYPE(now) != type) return 0;
    if (type != &PyBool_Type && type != &PyLong_Type && type != &PyFloat_Type && type != &PyComplex_Type && type != &PyUnicode_Type && type != &PyBytes_Type) return 0;
    if (type == &PyFloat_Type) {
        const double x = PyFloat_AS_DOUBLE(now), y = PyFloat_AS_DOUBLE(held);
        return x == y && !signbit(x) == !signbit(y);  /* 1 / -0.0 is another number */
    }
    Py_INCREF(now);
    int equal = PyObject_RichCompareBool(now, held, Py_EQ);
    Py_DECREF(now);
    return equal;
}
static int same_items(PyObject **now, Py_ssize_t count, const Edge *e, PyObject *gone) {
    PyObject **held = &PyTuple_GET_ITEM(e->held, 0);
    if (count != PyTuple_GET_SIZE(e->held)) return 0;
    if (!count || memcmp(now, held, (size_t)count * sizeof *now) == 0) return 1;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *x = now[i] ? now[i] : Py_None;
        if (x != held[i] && held[i] != gone) {
            int equal = same(x, held[i]);  /* compares plain things only: nothing moves the items */
            if (equal <= 0) return equal;
        }
    }
    return 1;
}
static int same_entry(const Edge *e, Py_ssize_t i, PyObject *gone) {
    PyObject *now = PyDict_GetItemWithError(e->holder, PyTuple_GET_ITEM(e->keys, i));
    if (!now && PyErr_Occurred()) return -1;
    return same(now ? now : gone, PyTuple_GET_ITEM(e->held, i));
}
static int same_entries(const Edge *e, PyObject *gone) {
    int equal = 1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(e->held) && equal > 0; i++) equal = same_entry(e, i, gone);
    return equal;
}
static int same_attributes(const Edge *e, PyObject *gone) {
    int equal = 1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(e->held) && equal > 0; i++) {
        PyObject *now = PyObject_GetAttr(e->holder, PyTuple_GET_ITEM(e->keys, i));
        if (!now) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
            PyErr_Clear();
            now = Py_NewRef(gone);
        }
        equal = same(now, PyTuple_GET_ITEM(e->held, i));
        Py_DECREF(now);
    }
    return equal;
}
/* In order: a loop over a dict that holds the same in another order does something else. No code runs meanwhile. */
static int same_dict(Edge *e) {
    Py_ssize_t at = 0, i = 0, count = PyTuple_GET_SIZE(e->held);
    PyObject *key, *value;
    int equal = 1;
#if PY_VERSION_HEX < 0x030C0000           /* a number that every change renews (PEP 509) */
    uint64_t version = ((PyDictObject *)e->holder)->ma_version_tag;
    if (version == e->version) return 1;
#endif
    if (PyDict_GET_SIZE(e->holder) != count) return 0;
    for (; equal > 0 && i < count && PyDict_Next(e->holder, &at, &key, &value); i++) {
        equal = same(key, PyTuple_GET_ITEM(e->keys, i));
        if (equal > 0) equal = same(value, PyTuple_GET_ITEM(e->held, i));
    }
#if PY_VERSION_HEX < 0x030C0000
    if (equal > 0) e->version = version;
#endif
    return equal;
}
static int same_array(const Edge *e, PyObject *gone) {
    Py_buffer view;
    if (PyObject_GetBuffer(e->holder, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) {
        PyErr_Clear();
        return 0;                 /* its layout is another one: trace anew */
    }
    int equal = view.format && strcmp(view.format, "O") == 0 ? same_items(view.buf, view.len / (Py_ssize_t)sizeof(PyObject *), e, gone) : 0;
    PyBuffer_Release(&view);
    return equal;
}
static int same_called(const Edge *e, PyObject *gone) {
    PyObject *now = PyObject_CallFunctionObjArgs(e->get, e->holder, e->keys, NULL);
    int equal = !now ? -1 : PyTuple_Check(now) ? same_items(&PyTuple_GET_ITEM(now, 0), PyTuple_GET_SIZE(now), e, gone) : 0;
    Py_XDECREF(now);
    return equal;
}
static int same_edge(Edge *e, PyObject *gone) {
    switch (e->kind) {
    case CELL: { PyObject *now = PyCell_GET(e->holder); return same(now ? now : gone, PyTuple_GET_ITEM(e->held, 0)); }
    case ENTRIES: return same_entries(e, gone);
    case DICT: return same_dict(e);
    case LIST: return same_items(((PyListObject *)e->holder)->ob_item, PyList_GET_SIZE(e->holder), e, gone);
    case ARRAY: return same_array(e, gone);
    case ATTRIBUTES: return same_attributes(e, gone);
    default: return same_called(e, gone);
    }
}
static PyObject *watch_changed(Watch *self, PyObject *unused) {
    (void)unused;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        int equal = same_edge(&self->edges[i], self->gone);
        if (equal < 0) return NULL;
        if (!equal) Py_RETURN_TRUE;
    }
    Py_RETURN_FALSE;
}

/* ---- Watch(edges, gone): edges are tuples (kind, get, holder, keys or None, held) ---- */
static int fits(int kind, PyObject *holder, PyObject *keys, PyObject *held) {
    Py_ssize_t n = PyTuple_GET_SIZE(held);
    if (keys != Py_None && (!PyTuple_Check(keys) || PyTuple_GET_SIZE(keys) != n)) return 0;
    if (kind == ENTRIES || kind == DICT || kind == ATTRIBUTES) {
        if (keys == Py_None) return 0;
        for (Py_ssize_t i = 0; i < n; i++) if (!PyUnicode_CheckExact(PyTuple_GET_ITEM(keys, i))) return 0;
    }
    switch (kind) {
    case CALLED: case ATTRIBUTES: return 1;
    case CELL: return n == 1 && PyCell_Check(holder);
    case ENTRIES: case DICT: return PyDict_CheckExact(holder);
    case LIST: return PyList_CheckExact(holder);
    case ARRAY: return PyObject_CheckBuffer(holder);
    default: return 0;
    }
}
static PyObject *watch_new(PyTypeObject *type, PyObject *args, PyObject *names) {
    PyObject *edges, *gone;
    if (names && PyDict_GET_SIZE(names)) return PyErr_Format(PyExc_TypeError, "Watch(edges, gone) takes no names");
    if (!PyArg_ParseTuple(args, "O!O:Watch", &PyList_Type, &edges, &gone)) return NULL;
    Watch *self = (Watch *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->gone = Py_NewRef(gone);
    Py_ssize_t n = PyList_GET_SIZE(edges);
    if (!(self->edges = PyMem_Calloc(n ? (size_t)n : 1, sizeof(Edge)))) { PyErr_NoMemory(); Py_DECREF(self); return NULL; }
    for (Py_ssize_t i = 0; i < n && i < PyList_GET_SIZE(edges); i++) {
        Edge e = {0};
        PyObject *edge = PyList_GET_ITEM(edges, i);
        if (!PyTuple_Check(edge) || !PyArg_ParseTuple(edge, "iOOOO!:edge", &e.kind, &e.get, &e.holder, &e.keys, &PyTuple_Type, &e.held)
            || !fits(e.kind, e.holder, e.keys, e.held)) {
            if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "Watch: edge %zd is none", i);
            Py_DECREF(self);
            return NULL;
        }
        Py_INCREF(e.get);
        Py_INCREF(e.holder);
        Py_INCREF(e.keys);
        Py_INCREF(e.held);
        self->edges[self->count++] = e;
    }
    return (PyObject *)self;
}
static int watch_traverse(Watch *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->gone);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        const Edge *e = &self->edges[i];
        Py_VISIT(e->get);
        Py_VISIT(e->holder);
        Py_VISIT(e->keys);
        Py_VISIT(e->held);
    }
    return 0;
}
static int watch_clear(Watch *self) {
    Py_ssize_t count = self->count;
    Edge *edges = self->edges;
    self->count = 0;              /* what dies below may look at us */
    self->edges = NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_DECREF(edges[i].get);
        Py_DECREF(edges[i].holder);
        Py_DECREF(edges[i].keys);
        Py_DECREF(edges[i].held);
    }
    PyMem_Free(edges);
    Py_CLEAR(self->gone);
    return 0;
}
static void watch_dealloc(Watch *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    watch_clear(self);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}
static PyMethodDef watch_methods[] = {
    {"changed", (PyCFunction)watch_changed, METH_NOARGS, "Whether a variable holds something else by now."},
    {0},
};
static PyType_Slot watch_slots[] = {
    {Py_tp_doc, "Watch(edges, gone): see watch.py."},
    {Py_tp_new, watch_new},
    {Py_tp_dealloc, watch_dealloc},
    {Py_tp_traverse, watch_traverse},
    {Py_tp_clear, watch_clear},
    {Py_tp_methods, watch_methods},
    {0},
};
static PyType_Spec watch_spec = {"autograd._c.executor.Watch", sizeof(Watch), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, watch_slots};

int add_watch(PyObject *module) {
    static const char *const names[KINDS] = {"CALLED", "CELL", "ENTRIES", "DICT", "LIST", "ARRAY", "ATTRIBUTES"};
    PyObject *type = PyType_FromSpec(&watch_spec), *kinds = PyDict_New();
    int failed = !type || !kinds || PyModule_AddObjectRef(module, "Watch", type) < 0;
    for (int i = 0; i < KINDS && !failed; i++) {
        PyObject *number = PyLong_FromLong(i);
        failed = !number || PyDict_SetItemString(kinds, names[i], number) < 0;
        Py_XDECREF(number);
    }
    failed = failed || PyModule_AddObjectRef(module, "WATCH", kinds) < 0;
    Py_XDECREF(type);
    Py_XDECREF(kinds);
    return failed ? -1 : 0;
}
