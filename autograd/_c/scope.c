/* Modes of a thread: state.now, and name_scope as fast as a network needs it (each call of a module enters one). */
#include "node.h"

THREAD_LOCAL uint32_t modes;

/* ---- state.now = (recording, anomaly, scope, lines, tracing), as modes.Now ---- */
static PyObject *get_now(PyObject *self, void *unused) {
    (void)self, (void)unused;
    return Py_BuildValue("(NNkNN)", PyBool_FromLong(!(modes & NO_GRAD)), PyBool_FromLong((modes & ANOMALY) != 0),
                         (unsigned long)(modes >> SCOPE_SHIFT), PyBool_FromLong((modes & LINES) != 0),
                         PyBool_FromLong((modes & TRACING) != 0));
}
static int set_scope(unsigned long scope) {
    if (scope >> (32 - SCOPE_SHIFT)) { PyErr_SetString(PyExc_OverflowError, "too many name scopes: at most 8,388,608"); return -1; }
    modes = (modes & FLAGS) | (uint32_t)scope << SCOPE_SHIFT;
    return 0;
}
static int set_now(PyObject *self, PyObject *now, void *unused) {
    int recording, anomaly, lines, tracing;
    unsigned long scope;
    (void)self, (void)unused;
    if (!now || !PyTuple_Check(now)) { PyErr_SetString(PyExc_TypeError, "state.now is a tuple (recording, anomaly, scope, lines, tracing)"); return -1; }
    if (!PyArg_ParseTuple(now, "ppkpp", &recording, &anomaly, &scope, &lines, &tracing) || set_scope(scope) < 0) return -1;
    modes = (modes & ~FLAGS) | (recording ? 0 : NO_GRAD) | (anomaly ? ANOMALY : 0) | (lines ? LINES : 0) | (tracing ? TRACING : 0);
    return 0;
}
static PyGetSetDef state_attributes[] = {{"now", get_now, set_now, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
PyTypeObject State_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "autograd.State", .tp_basicsize = sizeof(PyObject), .tp_flags = Py_TPFLAGS_DEFAULT, .tp_getset = state_attributes,
};

/* ---- no_grad, detect_anomaly, record_lines: entered and left in C, where no KeyboardInterrupt can come between ----
 * They stand in the classes of modes.py, and as built-in functions are not bound: they know their mode by `module`. */
static THREAD_LOCAL uint32_t depth[3];  /* how often this thread is inside each, in the order of their bits */

INLINE PyObject *enter(int mode) {
    depth[mode]++;
    modes |= NO_GRAD << mode;
    Py_RETURN_NONE;
}
INLINE PyObject *leave(int mode) {
    if (depth[mode] && --depth[mode] == 0) modes &= ~(NO_GRAD << mode);
    Py_RETURN_NONE;
}
#define DOOR(name, mode) \
    PyObject *enter_##name(PyObject *module, PyObject *none) { (void)module, (void)none; return enter(mode); } \
    PyObject *leave_##name(PyObject *module, PyObject *const *error, Py_ssize_t n) { (void)module, (void)error, (void)n; return leave(mode); }
DOOR(no_grad, 0)
DOOR(anomaly, 1)
DOOR(lines, 2)

/* ---- name_scope ----
 * A scope's number knows the number outside it (modes.OUTER), so leaving needs no stack: one object may be entered
 * by several threads, and by one thread again. It remembers where it was entered last, and which number that gave. */
typedef struct { PyObject_HEAD PyObject *name; unsigned long outer, number; int known; } Scope;

PyObject *scope_entry(const char *table, unsigned long number) {  /* modes.SCOPES or modes.OUTER, [number] */
    PyObject *all = PyObject_GetAttrString(modes_module, table), *key = all ? PyLong_FromUnsignedLong(number) : NULL;
    PyObject *entry = key ? PyObject_GetItem(all, key) : NULL;
    Py_XDECREF(all);
    Py_XDECREF(key);
    return entry;
}
static unsigned long number_from(PyObject *number) {
    unsigned long n = number ? PyLong_AsUnsignedLong(number) : (unsigned long)-1;
    Py_XDECREF(number);
    return n;
}
static PyObject *scope_new(PyTypeObject *type, PyObject *args, PyObject *names) {
    static char *keywords[] = {"name", NULL};
    PyObject *name;
    if (!PyArg_ParseTupleAndKeywords(args, names, "O:name_scope", keywords, &name)) return NULL;
    if (!PyUnicode_Check(name))
        return PyErr_Format(PyExc_TypeError, "name_scope(name): name must be a str, got %.100s: %R", Py_TYPE(name)->tp_name, name);
    Scope *s = (Scope *)type->tp_alloc(type, 0);
    if (s) s->name = Py_NewRef(name);
    return (PyObject *)s;
}
static void scope_dealloc(Scope *s) {
    Py_XDECREF(s->name);
    Py_TYPE(s)->tp_free(s);
}
static PyObject *scope_enter(Scope *s, PyObject *unused) {
    unsigned long outer = modes >> SCOPE_SHIFT;
    (void)unused;
    if (!s->known || s->outer != outer) {
        unsigned long number = number_from(call(modes_module, "scope_number", "kO", outer, s->name));
        if (PyErr_Occurred()) return NULL;
        s->outer = outer;
        s->number = number;
        s->known = 1;
    }
    if (set_scope(s->number) < 0) return NULL;
    Py_RETURN_NONE;
}
static PyObject *scope_exit(Scope *s, PyObject *const *args, Py_ssize_t count) {
    unsigned long inner = modes >> SCOPE_SHIFT, outer = s->outer;
    (void)args, (void)count;
    if (!s->known || inner != s->number) {  /* entered elsewhere since */
        outer = number_from(scope_entry("OUTER", inner));
        if (PyErr_Occurred()) return NULL;
    }
    if (set_scope(outer) < 0) return NULL;
    Py_RETURN_NONE;
}
static PyObject *scope_call(PyObject *s, PyObject *args, PyObject *names) {
    PyObject *function;
    if (names && PyDict_GET_SIZE(names)) { PyErr_SetString(PyExc_TypeError, "a name_scope decorates one function"); return NULL; }
    if (!PyArg_ParseTuple(args, "O:name_scope", &function)) return NULL;
    return call(modes_module, "decorated", "OO", s, function);
}
static PyObject *scope_reduce(Scope *s, PyObject *unused) { (void)unused; return Py_BuildValue("O(O)", Py_TYPE(s), s->name); }
static PyObject *scope_name(Scope *s, void *unused) { (void)unused; return Py_NewRef(s->name); }

static PyGetSetDef scope_attributes[] = {{"name", (getter)scope_name, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyMethodDef scope_methods[] = {
    {"__enter__", (PyCFunction)scope_enter, METH_NOARGS, NULL},
    {"__exit__", (PyCFunction)(void (*)(void))scope_exit, METH_FASTCALL, NULL},
    {"__reduce__", (PyCFunction)scope_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
PyTypeObject Scope_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "autograd.name_scope", .tp_basicsize = sizeof(Scope), .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = scope_new, .tp_dealloc = (destructor)scope_dealloc, .tp_call = scope_call,
    .tp_methods = scope_methods, .tp_getset = scope_attributes,
};
