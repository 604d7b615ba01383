/* The arguments of a compiled call, with a row for each sample, as one matrix: the fast way of samples in trace.py. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>
#include "samples.h"

enum { MOST = 16 };

/* The shape of one sample. */
static PyObject *shape_of(const Py_buffer *view) {
    PyObject *shape = PyTuple_New(view->ndim - 1);
    for (int i = 1; shape && i < view->ndim; i++) {
        PyObject *size = PyLong_FromSsize_t(view->shape[i]);
        if (!size) Py_CLEAR(shape);
        else PyTuple_SET_ITEM(shape, i - 1, size);
    }
    return shape;
}
static PyObject *matrix_of(const Py_buffer *views, Py_ssize_t count, Py_ssize_t rows, Py_ssize_t bytes) {
    PyObject *matrix = PyBytes_FromStringAndSize(NULL, bytes);
    char *to = matrix ? PyBytes_AS_STRING(matrix) : NULL;
    Py_ssize_t stride = bytes / rows;
    for (Py_ssize_t i = 0; to && i < count; i++) {
        Py_ssize_t width = views[i].len / rows;
        const char *from = views[i].buf;
        if (width == (Py_ssize_t)sizeof(double))
            for (Py_ssize_t r = 0; r < rows; r++) memcpy(to + r * stride, from + r * (Py_ssize_t)sizeof(double), sizeof(double));
        else
            for (Py_ssize_t r = 0; r < rows; r++) memcpy(to + r * stride, from + r * width, (size_t)width);
        to += width;
    }
    return matrix;
}

/* gather(array, given): (the shapes of one sample, the matrix as bytes) if all given are contiguous arrays of float64,
 * with the same number of rows and at least one; else None. `array` is the type of such an array. */
PyObject *gather(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    Py_buffer views[MOST];
    Py_ssize_t held = 0, bytes = 0;
    (void)module;
    if (count != 2 || !PyTuple_Check(args[1])) return PyErr_Format(PyExc_TypeError, "gather takes a type and a tuple");
    Py_ssize_t given = PyTuple_GET_SIZE(args[1]);
    if (given > MOST) Py_RETURN_NONE;
    int fits = given > 0;
    while (fits && held < given) {
        PyObject *o = PyTuple_GET_ITEM(args[1], held);
        Py_buffer *view = &views[held];
        if ((PyObject *)Py_TYPE(o) != args[0] || PyObject_GetBuffer(o, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) break;
        held++;
        bytes += view->len;
        fits = view->format && strcmp(view->format, "d") == 0 && view->ndim > 0 && view->len < PY_SSIZE_T_MAX / MOST
               && view->shape[0] > 0 && view->shape[0] == views[0].shape[0];
    }
    PyErr_Clear();
    PyObject *shapes = NULL, *matrix = NULL, *answer = NULL;
    if (!fits || held < given) answer = Py_NewRef(Py_None);
    else if ((shapes = PyTuple_New(given)) && (matrix = matrix_of(views, given, views[0].shape[0], bytes))) {
        for (Py_ssize_t i = 0; i < given; i++) PyTuple_SET_ITEM(shapes, i, shape_of(&views[i]));
        if (!PyErr_Occurred()) answer = PyTuple_Pack(2, shapes, matrix);
    }
    Py_XDECREF(shapes);
    Py_XDECREF(matrix);
    while (held) PyBuffer_Release(&views[--held]);
    return answer;
}
