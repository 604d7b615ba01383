/* The numbers, or the gradients, of a whole list or tuple of Values, to and from an array, in one call. */
#include "node.h"

/* A sequence of Values (the items, borrowed) and a buffer of as many doubles. */
typedef struct { Value **values; double *x; Py_ssize_t n; Py_buffer buffer; } Bulk;

static int are_values(PyObject *values, const char *what) {
    if (!PyList_Check(values) && !PyTuple_Check(values)) {
        PyErr_Format(PyExc_TypeError, "%s: expected a list or tuple of Values, got %.80s", what, Py_TYPE(values)->tp_name);
        return 0;
    }
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(values); i++)
        if (!IS_VALUE(PySequence_Fast_GET_ITEM(values, i))) {
            PyErr_Format(PyExc_TypeError, "%s: element %zd must be a Value, got %.80s", what, i, Py_TYPE(PySequence_Fast_GET_ITEM(values, i))->tp_name);
            return 0;
        }
    return 1;
}
/* From the arguments (values, buffer). Returns 0, and then the buffer must be released; or -1 and an error. */
static int get(Bulk *b, PyObject *values, PyObject *buffer, int flags, const char *what) {
    if (PyObject_GetBuffer(buffer, &b->buffer, flags) < 0) return -1;
    if (are_values(values, what)) {
        b->values = (Value **)PySequence_Fast_ITEMS(values);
        b->x = b->buffer.buf;
        b->n = PySequence_Fast_GET_SIZE(values);
        if (b->buffer.len == b->n * (Py_ssize_t)sizeof(double)) return 0;
        PyErr_Format(PyExc_ValueError, "%s: expected %zd doubles for as many Values, got %zd bytes", what, b->n, b->buffer.len);
    }
    PyBuffer_Release(&b->buffer);
    return -1;
}
static int counted(Py_ssize_t count, Py_ssize_t wanted, const char *what) {
    if (count != wanted) PyErr_Format(PyExc_TypeError, "%s takes %zd arguments, got %zd", what, wanted, count);
    return count == wanted;
}

PyObject *read_numbers(PyObject *module, PyObject *const *args, Py_ssize_t count) {  /* (values, buffer, grad: bool) */
    Bulk b;
    (void)module;
    if (!counted(count, 3, "read_numbers")) return NULL;
    int grad = args[2] == Py_True;
    if (refuse_reading(grad ? ".grad" : ".data") < 0 || get(&b, args[0], args[1], PyBUF_WRITABLE, grad ? "read_grad" : "read_data") < 0) return NULL;
    if (grad) for (Py_ssize_t i = 0; i < b.n; i++) b.x[i] = b.values[i]->grad;
    else for (Py_ssize_t i = 0; i < b.n; i++) b.x[i] = b.values[i]->data;
    PyBuffer_Release(&b.buffer);
    Py_RETURN_NONE;
}

/* zero_gradients(values): grad = 0. */
PyObject *zero_gradients(PyObject *module, PyObject *values) {
    (void)module;
    if (refuse_reading(".grad = ...") < 0 || !are_values(values, "zero_grad")) return NULL;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(values); i++) {
        Value *v = (Value *)PySequence_Fast_GET_ITEM(values, i);
        v->grad = 0;
        if (!OP_OF(v)) v->b.taken = WRITTEN;
    }
    Py_RETURN_NONE;
}

PyObject *write_numbers(PyObject *module, PyObject *const *args, Py_ssize_t count) {  /* (values, buffer, grad: bool) */
    Bulk b;
    (void)module;
    if (!counted(count, 3, "write_numbers")) return NULL;
    int grad = args[2] == Py_True, failed = 0;
    if (refuse_reading(grad ? ".grad = ..." : ".data = ...") < 0 || get(&b, args[0], args[1], PyBUF_SIMPLE, grad ? "write_grad" : "write_data") < 0) return NULL;
    for (Py_ssize_t i = 0; !grad && !failed && i < b.n; i++) failed = refuse_computed(b.values[i], "data");
    if (grad)
        for (Py_ssize_t i = 0; i < b.n; i++) {
            b.values[i]->grad = b.x[i];
            if (!OP_OF(b.values[i])) b.values[i]->b.taken = WRITTEN;
        }
    else for (Py_ssize_t i = 0; !failed && i < b.n; i++) { b.values[i]->data = b.x[i]; b.values[i]->serial = ++births; }
    PyBuffer_Release(&b.buffer);
    if (failed) return NULL;
    Py_RETURN_NONE;
}

/* add_gradients(values, alpha): data += alpha · grad. */
PyObject *add_gradients(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    double alpha;
    (void)module;
    if (!counted(count, 2, "add_gradients") || refuse_reading(".data = ...") < 0) return NULL;
    if (to_number(args[1], "add_gradients: alpha", &alpha) < 0 || !are_values(args[0], "add_grad")) return NULL;
    Value **values = (Value **)PySequence_Fast_ITEMS(args[0]);
    Py_ssize_t n = PySequence_Fast_GET_SIZE(args[0]);
    for (Py_ssize_t i = 0; i < n; i++) if (UNLIKELY(OP_OF(values[i])) && refuse_computed(values[i], "data")) return NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        Value *v = values[i];
        v->data += alpha * v->grad;
        v->serial = ++births;
    }
    Py_RETURN_NONE;
}

/* take_gradients(values): (the latest taking, this one included, that found one of them written; how many of the
 * Values require no gradient). */
PyObject *take_gradients(PyObject *module, PyObject *values) {
    static uint64_t takings;
    uint64_t latest = 0, number = takings + 1;
    Py_ssize_t frozen = 0;
    (void)module;
    if (!are_values(values, "take_grad")) return NULL;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(values); i++) {
        Value *v = (Value *)PySequence_Fast_GET_ITEM(values, i);
        if (OP_OF(v)) continue;
        frozen += (v->tag & FROZEN) != 0;
        if (v->b.taken == WRITTEN) v->b.taken = takings = number;
        if (v->b.taken > latest) latest = v->b.taken;
    }
    return Py_BuildValue("Kn", (unsigned long long)latest, frozen);
}
