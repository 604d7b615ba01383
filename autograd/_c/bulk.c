/* The numbers, or the gradients, of a whole list of Values, to and from an array, in one call. */
#include "node.h"

/* Checks a list of Values and a buffer of as many doubles. Returns how many, or -1 and an error. */
static Py_ssize_t as_many(PyObject *values, const Py_buffer *buffer, const char *what) {
    Py_ssize_t n = PyList_GET_SIZE(values);
    if (buffer->len != n * (Py_ssize_t)sizeof(double)) {
        PyErr_Format(PyExc_ValueError, "%s: expected %zd doubles for as many Values, got %zd bytes", what, n, buffer->len);
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        if (!IS_VALUE(PyList_GET_ITEM(values, i))) {
            PyErr_Format(PyExc_TypeError, "%s: element %zd must be a Value, got %.80s", what, i, Py_TYPE(PyList_GET_ITEM(values, i))->tp_name);
            return -1;
        }
    return n;
}
#define AT(i) ((Value *)PyList_GET_ITEM(values, i))

PyObject *read_numbers(PyObject *module, PyObject *args) {  /* (values, buffer, grad: 0 or 1) */
    PyObject *values;
    Py_buffer to;
    int grad;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!w*p:read_numbers", &PyList_Type, &values, &to, &grad)) return NULL;
    Py_ssize_t n = !grad && refuse_reading(".data") < 0 ? -1 : as_many(values, &to, "read_numbers");
    double *x = to.buf;
    if (grad) for (Py_ssize_t i = 0; i < n; i++) x[i] = AT(i)->grad;
    else for (Py_ssize_t i = 0; i < n; i++) x[i] = AT(i)->data;
    PyBuffer_Release(&to);
    if (n < 0) return NULL;
    Py_RETURN_NONE;
}
PyObject *write_numbers(PyObject *module, PyObject *args) {  /* (values, buffer, grad: 0 or 1) */
    PyObject *values;
    Py_buffer from;
    int grad;
    (void)module;
    if (!PyArg_ParseTuple(args, "O!y*p:write_numbers", &PyList_Type, &values, &from, &grad)) return NULL;
    Py_ssize_t n = !grad && refuse_reading(".data = ...") < 0 ? -1 : as_many(values, &from, "write_numbers");
    for (Py_ssize_t i = 0; !grad && i < n; i++) if (refuse_computed(AT(i), "data")) n = -1;
    const double *x = from.buf;
    if (grad) for (Py_ssize_t i = 0; i < n; i++) AT(i)->grad = x[i];
    else for (Py_ssize_t i = 0; i < n; i++) { AT(i)->data = x[i]; AT(i)->serial = ++births; }
    PyBuffer_Release(&from);
    if (n < 0) return NULL;
    Py_RETURN_NONE;
}
