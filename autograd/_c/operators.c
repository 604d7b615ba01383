/* Python's operators on Values, and the methods of one number: each one records its rule. */
#include "node.h"

static PyObject *value_add(PyObject *l, PyObject *r) { return binary(l, r, ADD); }
static PyObject *value_sub(PyObject *l, PyObject *r) { return binary(l, r, SUB); }
static PyObject *value_mul(PyObject *l, PyObject *r) { return binary(l, r, MUL); }
static PyObject *value_div(PyObject *l, PyObject *r) { return binary(l, r, DIV); }
static PyObject *value_floordiv(PyObject *l, PyObject *r) { return binary(l, r, FLOORDIV); }
static PyObject *value_mod(PyObject *l, PyObject *r) { return binary(l, r, MOD); }
static PyObject *value_pow(PyObject *l, PyObject *r, PyObject *modulus) {
    if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
    return binary(l, r, POW);
}

#define METHOD(OP, name, method, V, DX) \
    static PyObject *value_##method(PyObject *o, PyObject *unused) { \
        (void)unused; \
        return record(value1(OP, ((Value *)o)->data), OP, of((Value *)o), LEAF_OPERAND); \
    }
UNARY_RULES(METHOD)
#undef METHOD

static PyObject *value_negate(PyObject *o) { return value_negative(o, NULL); }
static PyObject *value_absolute(PyObject *o) { return value_abs(o, NULL); }
static PyObject *value_positive(PyObject *o) { return Py_NewRef(o); }
static int value_bool(PyObject *o) { return refuse_reading("bool()") < 0 ? -1 : ((Value *)o)->data != 0; }
static PyObject *value_float(PyObject *o) { return refuse_reading("float()") < 0 ? NULL : PyFloat_FromDouble(((Value *)o)->data); }
static PyObject *value_int(PyObject *o) { return refuse_reading("int()") < 0 ? NULL : PyLong_FromDouble(((Value *)o)->data); }

/* `&` and `|` join conditions, which are Values in a trace only. */
static PyObject *value_and(PyObject *l, PyObject *r) {
    if (modes & TRACING) return binary(l, r, MUL);
    Py_RETURN_NOTIMPLEMENTED;
}
static PyObject *value_or(PyObject *l, PyObject *r) {
    if (modes & TRACING) return binary(l, r, MAXIMUM);
    Py_RETURN_NOTIMPLEMENTED;
}

PyNumberMethods value_as_number = {
    .nb_add = value_add, .nb_subtract = value_sub, .nb_multiply = value_mul, .nb_true_divide = value_div,
    .nb_floor_divide = value_floordiv, .nb_remainder = value_mod, .nb_power = value_pow,
    .nb_negative = value_negate, .nb_positive = value_positive, .nb_absolute = value_absolute,
    .nb_and = value_and, .nb_or = value_or, .nb_bool = value_bool, .nb_float = value_float, .nb_int = value_int,
};

/* The two methods with a parameter, which is an operand like any other. */
static PyObject *with_parameter(PyObject *self, PyObject *args, PyObject *names, int op, char *name, char *parameter, double normally) {
    PyObject *given = NULL;
    char format[32], *keywords[] = {parameter, NULL};
    PyOS_snprintf(format, sizeof format, "|O:%s", name);
    if (!PyArg_ParseTupleAndKeywords(args, names, format, keywords, &given)) return NULL;
    Value *x = (Value *)self;
    if (given && IS_VALUE(given)) return record(value2(op, x->data, ((Value *)given)->data), op, of(x), of((Value *)given));
    if (given && to_number(given, parameter, &normally) < 0) return NULL;
    return record(value2(op, x->data, normally), op | B_CONSTANT, of(x), constant(normally));
}
static PyObject *value_leaky_relu(PyObject *self, PyObject *args, PyObject *names) {
    return with_parameter(self, args, names, LEAKY_RELU, "leaky_relu", "slope", 0.01);
}
static PyObject *value_elu(PyObject *self, PyObject *args, PyObject *names) {
    return with_parameter(self, args, names, ELU, "elu", "alpha", 1.0);
}

#define ENTRY(OP, name, method, V, DX) {#method, value_##method, METH_NOARGS, NULL},
#define NUMPY(name, method) {name, value_##method, METH_NOARGS, NULL},
PyMethodDef rule_methods[] = {
    UNARY_RULES(ENTRY)
    NUMPY("arcsin", asin) NUMPY("arccos", acos) NUMPY("arctan", atan)
    NUMPY("arcsinh", asinh) NUMPY("arccosh", acosh) NUMPY("arctanh", atanh)
    {"leaky_relu", (PyCFunction)(void (*)(void))value_leaky_relu, METH_VARARGS | METH_KEYWORDS, NULL},
    {"elu", (PyCFunction)(void (*)(void))value_elu, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};
