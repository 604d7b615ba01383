/* What the engine asks of Python: numbers, names of rules, and the functions that both engines share. */
#include "node.h"
#include <stdarg.h>

PyObject *scalars_module, *graph_module, *anomaly_module, *modes_module, *tracing_module;

/* module.function(...), the arguments as Py_BuildValue makes a tuple of them: one alone needs its "(O)". */
PyObject *call(PyObject *module, const char *function, const char *format, ...) {
    PyObject *f = PyObject_GetAttrString(module, function), *args = NULL, *result = NULL;
    va_list list;
    va_start(list, format);
    if (f) args = Py_VaBuildValue(format, list);
    va_end(list);
    if (args) result = PyObject_CallObject(f, args);
    Py_XDECREF(f);
    Py_XDECREF(args);
    return result;
}

/* A number as Python's own float() would read it. Everything but float and int is asked of scalars.as_float. */
int as_number(PyObject *o, double *x) {
    if (PyFloat_Check(o)) { *x = PyFloat_AS_DOUBLE(o); return 1; }
    if (PyLong_Check(o)) {
        *x = PyLong_AsDouble(o);
        return *x == -1 && PyErr_Occurred() ? -1 : 1;
    }
    if (!Py_TYPE(o)->tp_as_number || !Py_TYPE(o)->tp_as_number->nb_float) return 0;
    PyObject *number = call(scalars_module, "as_float", "(O)", o);
    if (!number) return -1;
    int found = PyFloat_Check(number);
    if (found) *x = PyFloat_AS_DOUBLE(number);
    Py_DECREF(number);
    return found;
}
int to_number(PyObject *o, const char *what, double *x) {
    if (PyFloat_CheckExact(o)) { *x = PyFloat_AS_DOUBLE(o); return 0; }
    PyObject *number = call(scalars_module, "to_float", "Os", o, what);
    if (!number) return -1;
    *x = PyFloat_AsDouble(number);
    Py_DECREF(number);
    return 0;
}

/* ---- In a trace no Value has one number ---- */
int refuse_reading(const char *what) {
    if (!(modes & TRACING)) return 0;
    PyObject *error = call(tracing_module, "unreadable", "(s)", what);
    if (error) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    return -1;
}

/* ---- The table of rules by name ---- */
#define NAME(OP, name, ...) name,
static const char *const names[] = {"", BINARY_RULES(NAME) UNARY_RULES(NAME) MANY_RULES(NAME)};
static PyObject *ops;  /* {name: op} */

int make_ops(void) {
    if (ops) return 0;
    if (!(ops = PyDict_New())) return -1;
    for (int op = LEAF + 1; op < OPS; op++) {
        PyObject *number = PyLong_FromLong(op);
        int failed = !number || PyDict_SetItemString(ops, names[op], number) < 0;
        Py_XDECREF(number);
        if (failed) return -1;
    }
    return 0;
}

const char *op_name(int op) { return names[op]; }
int op_named(PyObject *name) {
    PyObject *op = PyUnicode_Check(name) ? PyDict_GetItemWithError(ops, name) : NULL;
    if (op) return (int)PyLong_AsLong(op);
    if (!PyErr_Occurred()) PyErr_Format(PyExc_ValueError, "no rule is named %R; autograd.rules.RULES has all names", name);
    return -1;
}

