/* The rules of many operands: where, sum, dot, logsumexp, take; and `apply`, which records any rule by its name. */
#include "node.h"

INLINE double number_at(const Many *m, uint32_t i) { return m->v[i] ? m->v[i]->data : m->c[i]; }

static double many_value(int op, const Many *m) {
    uint32_t n = m->n, half = n / 2;
    double v = 0;
    switch (op) {
    case WHERE:
        return number_at(m, number_at(m, 0) != 0 ? 1 : 2);
    case SUM:
        for (uint32_t i = 0; i < n; i++) v += number_at(m, i);
        return v;
    case DOT: case PROGRAM:
        if (n % 2) v = number_at(m, n - 1);
        if (!m->c) for (uint32_t i = 0; i < half; i++) v += m->v[i]->data * m->v[half + i]->data;
        else for (uint32_t i = 0; i < half; i++) v += number_at(m, i) * number_at(m, half + i);
        return v;
    case TAKE:
        return n > 1 ? number_at(m, 1 + place(number_at(m, 0), n - 1)) : 0;
    default: {  /* LOGSUMEXP: the largest is taken out first */
        double top = -INFINITY;
        for (uint32_t i = 0; i < n; i++) top = larger(top, number_at(m, i));
        if (!isfinite(top)) return top;
        for (uint32_t i = 0; i < n; i++) v += exp(number_at(m, i) - top);
        return top + log(v);
    }
    }
}

/* A node of these operands, or the plain number. Takes the Many over. */
static PyObject *finish(int op, Many *m, int as_node) {
    double v = many_value(op, m);
    if (!as_node) {
        many_free(m);
        return PyFloat_FromDouble(v);
    }
    for (uint32_t i = 0; i < m->n; i++) Py_XINCREF(m->v[i]);
    return record(v, op, (Operand){.many = m}, LEAF_OPERAND);
}

/* Operands from several arrays of Values and floats, one after the other. A node if one of them is a Value or
 * `always`, else a float. */
typedef struct { PyObject **at; Py_ssize_t n; } Part;

static PyObject *record_many(int op, const Part *parts, int count, int always) {
    Py_ssize_t n = 0;
    int any_constant = 0, any_value = 0;
    for (int p = 0; p < count; p++) {
        n += parts[p].n;
        for (Py_ssize_t i = 0; i < parts[p].n; i++) {
            if (IS_VALUE(parts[p].at[i])) any_value = 1;
            else if (PyFloat_CheckExact(parts[p].at[i])) any_constant = 1;
            else { PyErr_Format(PyExc_RuntimeError, "a sequence was changed while %s was reading it", op_name(op)); return NULL; }
        }
    }
    if ((size_t)n > UINT32_MAX / 16) { PyErr_SetString(PyExc_OverflowError, "too many operands for one node"); return NULL; }
    Many *m = many_new((uint32_t)n, any_constant);
    if (!m) return NULL;
    uint32_t k = 0;
    for (int p = 0; p < count; p++) {
        for (Py_ssize_t i = 0; i < parts[p].n; i++, k++) {
            PyObject *o = parts[p].at[i];
            if (IS_VALUE(o)) m->v[k] = (Value *)o;
            else { m->v[k] = NULL; m->c[k] = PyFloat_AS_DOUBLE(o); }
        }
    }
    return finish(op, m, any_value || always);
}

/* `items` as a list or tuple of Values and floats: itself if it is one, else a tuple with every number converted.
 * A new reference. Reading it may run foreign code. */
static PyObject *converted(PyObject *items, const char *name) {
    char message[80];
    PyObject *iterator = PyObject_GetIter(items), *copy = iterator ? PySequence_Tuple(iterator) : NULL;
    if (!iterator && PyErr_ExceptionMatches(PyExc_TypeError))
        PyErr_Format(PyExc_TypeError, "%s must be a sequence of Values or numbers, got %.80s", name, Py_TYPE(items)->tp_name);
    Py_XDECREF(iterator);
    PyObject *clean = copy ? PyTuple_New(PyTuple_GET_SIZE(copy)) : NULL;
    PyOS_snprintf(message, sizeof message, "an element of %s", name);
    for (Py_ssize_t i = 0; clean && i < PyTuple_GET_SIZE(copy); i++) {
        PyObject *o = PyTuple_GET_ITEM(copy, i);
        double x = 0;
        if (IS_VALUE(o)) o = Py_NewRef(o);
        else o = to_number(o, message, &x) < 0 ? NULL : PyFloat_FromDouble(x);
        if (o) PyTuple_SET_ITEM(clean, i, o);
        else Py_CLEAR(clean);
    }
    Py_XDECREF(copy);
    return clean;
}
INLINE PyObject *steady(PyObject *items, const char *name) {
    if (PyList_CheckExact(items) || PyTuple_CheckExact(items)) {
        PyObject **at = PySequence_Fast_ITEMS(items);
        Py_ssize_t n = PySequence_Fast_GET_SIZE(items), i = 0;
        while (i < n && (IS_VALUE(at[i]) || PyFloat_CheckExact(at[i]))) i++;
        if (i == n) return Py_NewRef(items);
    }
    return converted(items, name);
}
INLINE Part part_of(PyObject *steady) { return (Part){PySequence_Fast_ITEMS(steady), PySequence_Fast_GET_SIZE(steady)}; }

PyObject *record_dot(PyObject *module, PyObject *const *args, Py_ssize_t count, PyObject *names) {
    static const char *const parameter[] = {"ws", "xs", "bias"};
    PyObject *given[3] = {NULL, NULL, NULL};
    Py_ssize_t named = names ? PyTuple_GET_SIZE(names) : 0;
    (void)module;
    for (Py_ssize_t i = 0; i < count && i < 3; i++) given[i] = args[i];
    for (Py_ssize_t i = 0; i < named; i++) {
        int k = 0;
        while (k < 3 && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), parameter[k]) != 0) k++;
        if (k == 3 || given[k]) { count = 4; break; }
        given[k] = args[count + i];
    }
    if (count > 3 || !given[0] || !given[1]) {
        PyErr_SetString(PyExc_TypeError, "dot(ws, xs, bias=None) takes two sequences and perhaps a bias");
        return NULL;
    }
    double number;
    PyObject *ws = steady(given[0], "ws of dot(ws, xs)"), *xs = NULL, *bias = NULL, *node = NULL;
    if (ws) xs = steady(given[1], "xs of dot(ws, xs)");
    if (!xs) goto done;
    if (given[2] && given[2] != Py_None) {
        if (IS_VALUE(given[2])) bias = Py_NewRef(given[2]);
        else if (to_number(given[2], "bias of dot(ws, xs, bias)", &number) < 0 || !(bias = PyFloat_FromDouble(number))) goto done;
    }
    Part parts[] = {part_of(ws), part_of(xs), {&bias, bias != NULL}};
    if (parts[0].n != parts[1].n)
        PyErr_Format(PyExc_ValueError, "dot(ws, xs): ws has %zd elements and xs has %zd; they must be as many", parts[0].n, parts[1].n);
    else
        node = record_many(DOT, parts, 3, 0);
done:
    Py_XDECREF(ws);
    Py_XDECREF(xs);
    Py_XDECREF(bias);
    return node;
}
static PyObject *record_sequence(PyObject *xs, int op, const char *what) {
    if (!(xs = steady(xs, what))) return NULL;
    Part part = part_of(xs);
    PyObject *node = record_many(op, &part, 1, 0);
    Py_DECREF(xs);
    return node;
}
PyObject *record_sum(PyObject *module, PyObject *xs) {
    (void)module;
    return record_sequence(xs, SUM, "xs of sum(xs)");
}
PyObject *record_logsumexp(PyObject *module, PyObject *xs) {
    (void)module;
    return record_sequence(xs, LOGSUMEXP, "xs of logsumexp(xs)");
}

/* record_program(parameters, gradient, value): the node of a compiled call, whose operands the tuple keeps alive. The
 * gradient is a buffer of doubles. */
PyObject *record_program(PyObject *module, PyObject *const *args, Py_ssize_t count) {
    Py_buffer gradient;
    double value;
    (void)module;
    if (count != 3 || !PyTuple_CheckExact(args[0])) return PyErr_Format(PyExc_TypeError, "record_program takes a tuple, an array and a number");
    if (to_number(args[2], "record_program: value", &value) < 0 || PyObject_GetBuffer(args[1], &gradient, PyBUF_SIMPLE) < 0) return NULL;
    PyObject *parameters = args[0];
    Py_ssize_t n = PyTuple_GET_SIZE(parameters);
    const double *g = gradient.buf;
    Many *m = NULL;
    if (gradient.len != n * (Py_ssize_t)sizeof(double) || (size_t)n > UINT32_MAX / 64) {
        PyErr_Format(PyExc_ValueError, "record_program: expected a gradient of %zd doubles, got %zd bytes", n, gradient.len);
    } else if ((m = many_new((uint32_t)(2 * n + 1), 1))) {
        double rest = value;
        for (Py_ssize_t i = 0; m && i < n; i++) {
            Value *p = (Value *)PyTuple_GET_ITEM(parameters, i);
            if (!IS_VALUE(p)) {
                PyErr_Format(PyExc_TypeError, "record_program: parameters must be Values, got %.80s", Py_TYPE(p)->tp_name);
                many_free(m);
                m = NULL;
            } else {
                m->v[i] = p;
                m->v[n + i] = NULL;
                m->c[n + i] = g[i];
                rest -= g[i] * p->data;
            }
        }
        if (m) {
            m->v[2 * n] = NULL;
            m->c[2 * n] = rest;
            m->shared = 1;                /* many_new has room for an even number of operands, and there are 2n + 1 */
            m->v[m->n] = (Value *)Py_NewRef(parameters);
        }
    }
    PyBuffer_Release(&gradient);
    if (!m) return NULL;
    return record(value, PROGRAM, (Operand){.many = m}, LEAF_OPERAND);
}

/* ---- Any rule, by its name ---- */
static int operand(PyObject *o, Operand *to, uint32_t *code, uint32_t constant_bit, double *number) {
    if (IS_VALUE(o)) { *number = ((Value *)o)->data; *to = of((Value *)o); return 0; }
    if (to_number(o, "an element of operands of Value.apply(op, *operands)", number) < 0) return -1;
    *code |= constant_bit;
    *to = constant(*number);
    return 0;
}
PyObject *value_apply(PyObject *type, PyObject *const *args, Py_ssize_t count) {
    (void)type;
    if (count < 1) { PyErr_SetString(PyExc_TypeError, "Value.apply(op, *operands) takes the name of a rule"); return NULL; }
    int op = op_named(args[0]);
    if (op < 0) return NULL;
    args++, count--;
    int wanted = IS_UNARY(op) ? 1 : IS_BINARY(op) ? 2 : op == WHERE ? 3 : -1;
    if (count == 0 && wanted < 0) return (PyObject *)node_new(op == LOGSUMEXP ? -INFINITY : 0, LEAF, LEAF_OPERAND, LEAF_OPERAND);
    if (wanted >= 0 && count != wanted) {
        PyErr_Format(PyExc_TypeError, "the rule '%s' takes %d operand(s), got %zd", op_name(op), wanted, count);
        return NULL;
    }
    if (IS_MANY(op)) {
        PyObject *list = PyList_New(count), *node = NULL;
        for (Py_ssize_t i = 0; list && i < count; i++) PyList_SET_ITEM(list, i, Py_NewRef(args[i]));
        PyObject *operands = list ? steady(list, "operands of Value.apply(op, *operands)") : NULL;
        if (operands) {
            Part part = part_of(operands);
            node = record_many(op, &part, 1, 1);
        }
        Py_XDECREF(list);
        Py_XDECREF(operands);
        return node;
    }
    Operand a = LEAF_OPERAND, b = LEAF_OPERAND;
    uint32_t code = (uint32_t)op;
    double x, y = 0;
    if (operand(args[0], &a, &code, A_CONSTANT, &x) < 0) return NULL;
    if (wanted == 2 && operand(args[1], &b, &code, B_CONSTANT, &y) < 0) {
        if (!(code & A_CONSTANT)) Py_DECREF(a.v);
        return NULL;
    }
    if (!(code & A_CONSTANT)) x = a.v->data;  /* now: foreign code may have written it while the second was read */
    return record(wanted == 1 ? value1(op, x) : value2(op, x, y), code, a, b);
}
