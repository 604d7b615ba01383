/* The arguments of a compiled call, with a row for each sample, as one matrix: the fast way of samples in trace.py. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
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
/* What kind of number an array holds, or 0 of one that is left to numpy. */
static char kind_of(const Py_buffer *view) {
    const char *f = view->format;
    if (!f || !f[0] || f[1] || view->ndim < 1 || (uintptr_t)view->buf % (size_t)view->itemsize) return 0;
    if (*f == 'd' || *f == 'f') return *f;
    return strchr("ilq", *f) ? view->itemsize == 8 ? 'q' : 'i' : 0;
}
/* The numbers of an array to a column, or to columns, of the matrix. */
static void place(const Py_buffer *view, char kind, Py_ssize_t rows, double *to, Py_ssize_t stride) {
    const Py_ssize_t width = view->len / view->itemsize / rows;
#define COPY(type) do { \
        const type *from = view->buf; \
        for (Py_ssize_t r = 0; r < rows; r++, to += stride) for (Py_ssize_t c = 0; c < width; c++) to[c] = (double)*from++; } while (0)
    if (kind == 'd') COPY(double);
    else if (kind == 'f') COPY(float);
    else if (kind == 'q') COPY(int64_t);
    else COPY(int32_t);
#undef COPY
}

/* gather(array, given): (the shapes of one sample, the matrix as bytes) if all given are contiguous arrays of floats or
 * whole numbers, with the same number of rows and at least one; else None. `array` is the type of such an array. */
PyObject *gather(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    Py_buffer views[MOST];
    char kinds[MOST];
    Py_ssize_t held = 0, columns = 0;
    (void)module;
    if (count != 2 || !PyTuple_Check(args[1])) return PyErr_Format(PyExc_TypeError, "gather takes a type and a tuple");
    Py_ssize_t given = PyTuple_GET_SIZE(args[1]);
    if (given > MOST) Py_RETURN_NONE;
    int fits = given > 0;
    while (fits && held < given) {
        PyObject *o = PyTuple_GET_ITEM(args[1], held);
        Py_buffer *view = &views[held];
        if ((PyObject *)Py_TYPE(o) != args[0] || PyObject_GetBuffer(o, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) break;
        kinds[held++] = kind_of(view);
        fits = kinds[held - 1] && view->len < PY_SSIZE_T_MAX / 2 / MOST && view->shape[0] > 0 && view->shape[0] == views[0].shape[0];
        if (fits) columns += view->len / view->itemsize / view->shape[0];
    }
    PyErr_Clear();
    PyObject *shapes = NULL, *matrix = NULL, *answer = NULL;
    if (!fits || held < given) answer = Py_NewRef(Py_None);
    else if ((shapes = PyTuple_New(given)) && (matrix = PyBytes_FromStringAndSize(NULL, views[0].shape[0] * columns * (Py_ssize_t)sizeof(double)))) {
        double *to = (double *)PyBytes_AS_STRING(matrix);
        for (Py_ssize_t i = 0; i < given; i++) {
            place(&views[i], kinds[i], views[0].shape[0], to, columns);
            to += views[i].len / views[i].itemsize / views[0].shape[0];
            PyTuple_SET_ITEM(shapes, i, shape_of(&views[i]));
        }
        if (!PyErr_Occurred()) answer = PyTuple_Pack(2, shapes, matrix);
    }
    Py_XDECREF(shapes);
    Py_XDECREF(matrix);
    while (held) PyBuffer_Release(&views[--held]);
    return answer;
}
