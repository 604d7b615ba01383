/* Watch: whether the variables that a traced function reads still hold what they held. The twin of watch.py, which
 * walks over them and says for each kind of holder what is compared.
 *
 * Holders are compared as they are at each call: an exact list, dict, cell or array of objects by its items, with a
 * bound at each read, since others may change it meanwhile; all else (and a dict with keys that are no plain str) by
 * the getter of watch.py. Only these getters run Python code, and no borrowed reference is used after one. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>
#include "watch.h"

enum { CALLED, CELL, ENTRY, LIST, ARRAY, LIST_LENGTH, DICT, KINDS };
/* DICT: a whole dict whose keys are plain strings; keys[] and held[] in its order. */
typedef struct {
    int kind;
    Py_ssize_t count;             /* of held; of a LIST or ARRAY a place that is not watched is NULL */
    PyObject *get, *holder;
    PyObject **held, **keys;
} Edge;
typedef struct {
    PyObject_HEAD
    Py_ssize_t count;
    Edge *edges;
    PyObject *gone;               /* what a getter gives for what is not there */
} Watch;

/* Whether `now` is what was held: the same object, or a plain number or text that equals it. -1: an error. */
static int same(PyObject *now, PyObject *held) {
    if (now == held) return 1;
    PyTypeObject *type = Py_TYPE(held);
    if (Py_TYPE(now) != type) return 0;
    if (type != &PyBool_Type && type != &PyLong_Type && type != &PyFloat_Type && type != &PyComplex_Type && type != &PyUnicode_Type && type != &PyBytes_Type) return 0;
    Py_INCREF(now);
    int equal = PyObject_RichCompareBool(now, held, Py_EQ);
    Py_DECREF(now);
    return equal;
}
static int same_items(PyObject **now, const Edge *e, PyObject *null) {
    if (memcmp(now, e->held, (size_t)e->count * sizeof *now) == 0) return 1;
    for (Py_ssize_t i = 0; i < e->count; i++) {
        PyObject *held = e->held[i], *x = now[i] ? now[i] : null;
        if (held && x != held) {
            int equal = same(x, held);  /* compares plain things only: nothing moves the items */
            if (equal <= 0) return equal;
        }
    }
    return 1;
}
static int same_entry(const Edge *e, Py_ssize_t i, PyObject *gone) {
    PyObject *now = PyDict_GetItemWithError(e->holder, e->keys[i]);
    if (!now && PyErr_Occurred()) return -1;
    return same(now ? now : gone, e->held[i]);
}
static int same_dict(const Edge *e, PyObject *gone) {
    if (PyDict_GET_SIZE(e->holder) != e->count) return 0;
    Py_ssize_t at = 0, i = 0;
    PyObject *key, *value;
    while (i < e->count && PyDict_Next(e->holder, &at, &key, &value) && key == e->keys[i] && value == e->held[i]) i++;
    for (; i < e->count; i++) {   /* in another order, or another number */
        int equal = same_entry(e, i, gone);
        if (equal <= 0) return equal;
    }
    return 1;
}
static int same_array(const Edge *e) {
    Py_buffer view;
    if (PyObject_GetBuffer(e->holder, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) {
        PyErr_Clear();
        return 0;                 /* its layout is another one: trace anew */
    }
    int fits = view.format && strcmp(view.format, "O") == 0 && view.len / (Py_ssize_t)sizeof(PyObject *) >= e->count;
    int equal = fits ? same_items(view.buf, e, Py_None) : 0;
    PyBuffer_Release(&view);
    return equal;
}
static int same_called(const Edge *e) {
    PyObject *now = PyObject_CallFunctionObjArgs(e->get, e->holder, e->keys[0], NULL);
    int equal = now ? same(now, e->held[0]) : -1;
    Py_XDECREF(now);
    return equal;
}
static int same_edge(const Edge *e, PyObject *gone) {
    switch (e->kind) {
    case CELL: { PyObject *now = PyCell_GET(e->holder); return same(now ? now : gone, e->held[0]); }
    case ENTRY: return same_entry(e, 0, gone);
    case LIST: return PyList_GET_SIZE(e->holder) < e->count ? 0 : same_items(((PyListObject *)e->holder)->ob_item, e, Py_None);
    case LIST_LENGTH: return PyList_GET_SIZE(e->holder) == e->count;
    case DICT: return same_dict(e, gone);
    case ARRAY: return same_array(e);
    default: return same_called(e);
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

/* ---- Watch(edges, gone): edges are tuples (kind, get, holder, keys or None, held); keys and held are tuples, held of a
 * LIST or ARRAY with `gone` at the places that are not watched. ---- */
static int hold(PyObject *tuple, PyObject ***to, PyObject *skip) {
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    if (!(*to = PyMem_Calloc(n ? (size_t)n : 1, sizeof(PyObject *)))) { PyErr_NoMemory(); return -1; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *x = PyTuple_GET_ITEM(tuple, i);
        (*to)[i] = x == skip ? NULL : Py_NewRef(x);
    }
    return 0;
}
static int fits(int kind, PyObject *holder, PyObject *keys, PyObject *held) {
    Py_ssize_t n = PyTuple_GET_SIZE(held), k = keys == Py_None ? -1 : PyTuple_GET_SIZE(keys);
    if (k >= 0 && k != n) return 0;
    if (kind == ENTRY || kind == DICT)
        for (Py_ssize_t i = 0; i < k; i++) if (!PyUnicode_CheckExact(PyTuple_GET_ITEM(keys, i))) return 0;
    switch (kind) {
    case CALLED: return n == 1 && k == 1;
    case CELL: return n == 1 && PyCell_Check(holder);
    case ENTRY: return n == 1 && k == 1 && PyDict_CheckExact(holder);
    case DICT: return n == k && PyDict_CheckExact(holder);
    case LIST: case LIST_LENGTH: return PyList_CheckExact(holder);
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
        int kind;
        PyObject *get, *holder, *keys, *held, *edge = PyList_GET_ITEM(edges, i);
        if (!PyTuple_Check(edge) || !PyArg_ParseTuple(edge, "iOOOO!:edge", &kind, &get, &holder, &keys, &PyTuple_Type, &held)) goto bad;
        if ((keys != Py_None && !PyTuple_Check(keys)) || !fits(kind, holder, keys, held)) goto bad;
        Edge *e = &self->edges[self->count];
        e->kind = kind;
        e->get = Py_NewRef(get);
        e->holder = Py_NewRef(holder);
        self->count++;
        if (hold(held, &e->held, kind == LIST || kind == ARRAY ? gone : NULL) < 0) { Py_DECREF(self); return NULL; }
        e->count = PyTuple_GET_SIZE(held);
        if (keys != Py_None && hold(keys, &e->keys, NULL) < 0) { Py_DECREF(self); return NULL; }
        continue;
bad:
        if (!PyErr_Occurred()) PyErr_Format(PyExc_TypeError, "Watch: edge %zd is none", i);
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}
static int watch_traverse(Watch *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->gone);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Edge *e = &self->edges[i];
        Py_VISIT(e->get);
        Py_VISIT(e->holder);
        for (Py_ssize_t k = 0; k < e->count; k++) {
            Py_VISIT(e->held[k]);
            if (e->keys) Py_VISIT(e->keys[k]);
        }
    }
    return 0;
}
static int watch_clear(Watch *self) {
    Py_ssize_t count = self->count;
    Edge *edges = self->edges;
    self->count = 0;              /* what dies below may look at us */
    self->edges = NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        Edge *e = &edges[i];
        Py_XDECREF(e->get);
        Py_XDECREF(e->holder);
        for (Py_ssize_t k = 0; k < e->count; k++) {
            Py_XDECREF(e->held[k]);
            if (e->keys) Py_XDECREF(e->keys[k]);
        }
        PyMem_Free(e->held);
        PyMem_Free(e->keys);
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
    static const char *const names[KINDS] = {"CALLED", "CELL", "ENTRY", "LIST", "ARRAY", "LIST_LENGTH", "DICT"};
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
