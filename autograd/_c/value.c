/* The Python face of a node: its attributes, comparisons and copies. */
#include "node.h"

void value_dealloc(Value *);
extern HIDDEN PyMethodDef rule_methods[];

static PyObject *value_new(PyTypeObject *type, PyObject *args, PyObject *names) {
    static char *keywords[] = {"data", "label", NULL};
    PyObject *data, *label = NULL;
    double number;
    (void)type;
    if (!PyArg_ParseTupleAndKeywords(args, names, "O|O:Value", keywords, &data, &label)) return NULL;
    if (to_number(data, "Value(data): data", &number) < 0) return NULL;
    Value *v = node_new(number, LEAF, LEAF_OPERAND, LEAF_OPERAND);
    if (v && label && PyObject_SetAttrString((PyObject *)v, "label", label) < 0) Py_CLEAR(v);
    return (PyObject *)v;
}
static PyObject *value_vectorcall(PyObject *type, PyObject *const *args, size_t flags, PyObject *names) {
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    if (count == 1 && !names && PyFloat_CheckExact(args[0]))
        return (PyObject *)node_new(PyFloat_AS_DOUBLE(args[0]), LEAF, LEAF_OPERAND, LEAF_OPERAND);
    PyObject *positional = PyTuple_New(count), *named = PyDict_New(), *v = NULL;
    for (Py_ssize_t i = 0; positional && i < count; i++) PyTuple_SET_ITEM(positional, i, Py_NewRef(args[i]));
    int failed = !positional || !named;
    for (Py_ssize_t i = 0; !failed && names && i < PyTuple_GET_SIZE(names); i++)
        failed = PyDict_SetItem(named, PyTuple_GET_ITEM(names, i), args[count + i]) < 0;
    if (!failed) v = value_new((PyTypeObject *)type, positional, named);
    Py_XDECREF(positional);
    Py_XDECREF(named);
    return v;
}

/* ---- Modes ---- */

PyObject *node_in_mode(Value *v) {
    int failed = 0;
    if (modes & (ANOMALY | LINES)) {
        PyObject *operands = value_operands(v, NULL), *empty = PyUnicode_New(0, 0);
        PyObject *line = operands && empty ? call(anomaly_module, "calling_line", "()") : NULL;
        failed = !line || set_note(v, empty, line) < 0;
        if (!failed && modes & ANOMALY) {
            PyObject *fine = call(anomaly_module, "check_node", "sOdO", op_name(OP_OF(v)), operands, v->data, line);
            failed = !fine;
            Py_XDECREF(fine);
        }
        Py_XDECREF(operands);
        Py_XDECREF(empty);
        Py_XDECREF(line);
    }
    if (!failed && modes & NO_GRAD) failed = refuse_reading("no_grad()") < 0;
    if (failed) { Py_DECREF(v); return NULL; }
    if (modes & NO_GRAD) {  /* a leaf after all */
        uint32_t code = v->tag;
        v->tag &= ~CODE_BITS;
        operands_release(code, v->a, v->b);
        v->a = v->b = LEAF_OPERAND;
    }
    return (PyObject *)v;
}

/* ---- Attributes ---- */
static PyObject *get_data(Value *v, void *unused) {
    (void)unused;
    return refuse_reading(".data") < 0 ? NULL : PyFloat_FromDouble(v->data);
}
static PyObject *get_grad(Value *v, void *unused) {
    (void)unused;
    return refuse_reading(".grad") < 0 ? NULL : PyFloat_FromDouble(v->grad);
}
static int set_number(PyObject *o, const char *name, double *to) {
    if (o) return to_number(o, name, to);
    PyErr_Format(PyExc_AttributeError, "%s cannot be deleted", name);
    return -1;
}
/* Sets an error if the node is not a leaf. */
int refuse_computed(Value *v, const char *attribute) {
    if (!OP_OF(v)) return 0;
    PyObject *error = call(graph_module, "computed", "Os", v, attribute);
    if (error) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    return 1;
}
static int set_data(Value *v, PyObject *o, void *unused) {
    double number;
    (void)unused;
    if (set_number(o, "Value.data", &number) < 0) return -1;
    if (refuse_reading(".data = ...") < 0 || refuse_computed(v, "data")) return -1;
    v->data = number;
    v->serial = ++births;
    return 0;
}
static int set_grad(Value *v, PyObject *o, void *unused) {
    double number;
    (void)unused;
    if (set_number(o, "Value.grad", &number) < 0 || refuse_reading(".grad = ...") < 0) return -1;
    v->grad = number;
    if (!OP_OF(v)) v->b.taken = WRITTEN;
    return 0;
}
static PyObject *get_requires_grad(Value *v, void *unused) { (void)unused; return PyBool_FromLong(OP_OF(v) || !(v->tag & FROZEN)); }
static int set_requires_grad(Value *v, PyObject *flag, void *unused) {
    (void)unused;
    if (!flag) { PyErr_SetString(PyExc_AttributeError, "Value.requires_grad cannot be deleted"); return -1; }
    if (!PyBool_Check(flag)) {
        PyErr_Format(PyExc_TypeError, "Value.requires_grad must be True or False, got %.100s: %R", Py_TYPE(flag)->tp_name, flag);
        return -1;
    }
    if (refuse_computed(v, "requires_grad")) return -1;
    v->tag = flag == Py_True ? v->tag & ~FROZEN : v->tag | FROZEN;
    return 0;
}
static PyObject *get_label(Value *v, void *unused) {
    (void)unused;
    PyObject *note = note_of(v);
    if (!note && PyErr_Occurred()) return NULL;
    return note ? Py_NewRef(PyTuple_GET_ITEM(note, 0)) : PyUnicode_New(0, 0);
}
static PyObject *get_line(Value *v, void *unused) {
    (void)unused;
    PyObject *note = note_of(v);
    if (!note && PyErr_Occurred()) return NULL;
    return Py_NewRef(note ? PyTuple_GET_ITEM(note, 1) : Py_None);
}
static int set_label(Value *v, PyObject *text, void *unused) {
    (void)unused;
    if (!text) { PyErr_SetString(PyExc_AttributeError, "Value.label cannot be deleted"); return -1; }
    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "Value.label must be a str, got %.100s: %R", Py_TYPE(text)->tp_name, text);
        return -1;
    }
    if (!PyUnicode_GET_LENGTH(text) && !(v->tag & NOTED)) return 0;
    PyObject *plain = PyUnicode_FromObject(text), *line = plain ? get_line(v, NULL) : NULL;
    int done = line ? set_note(v, plain, line) : -1;
    Py_XDECREF(plain);
    Py_XDECREF(line);
    return done;
}
PyObject *value_operands(Value *v, void *unused) {
    (void)unused;
    uint32_t n = operand_count(v);
    PyObject *all = PyTuple_New(n);
    for (uint32_t i = 0; all && i < n; i++) {
        double c = 0;
        Value *x = operand_at(v, i, &c);
        PyObject *o = x ? Py_NewRef((PyObject *)x) : PyFloat_FromDouble(c);
        if (o) PyTuple_SET_ITEM(all, i, o);
        else Py_CLEAR(all);
    }
    return all;
}
static PyObject *get_parents(Value *v, void *unused) {
    (void)unused;
    uint32_t n = operand_count(v), parents = 0;
    double c;
    for (uint32_t i = 0; i < n; i++) parents += operand_at(v, i, &c) != NULL;
    PyObject *all = PyTuple_New(parents);
    for (uint32_t i = 0, k = 0; all && i < n; i++) {
        Value *x = operand_at(v, i, &c);
        if (x) PyTuple_SET_ITEM(all, k++, Py_NewRef((PyObject *)x));
    }
    return all;
}
static PyObject *get_prev(Value *v, void *unused) {
    PyObject *parents = get_parents(v, unused), *all = parents ? PySet_New(parents) : NULL;
    Py_XDECREF(parents);
    return all;
}
static PyObject *get_op(Value *v, void *unused) { (void)unused; return PyUnicode_InternFromString(op_name((int)OP_OF(v))); }
static PyObject *get_serial(Value *v, void *unused) { (void)unused; return PyLong_FromUnsignedLongLong(v->serial); }
static PyObject *get_scope(Value *v, void *unused) { (void)unused; return scope_entry("SCOPES", v->tag >> SCOPE_SHIFT); }
/* What a trace asks, it notes down (tracing.py). */
static PyObject *noted(Value *v, const char *attribute, PyObject *answer) {
    if (!answer || !(modes & TRACING)) return answer;
    PyObject *done = call(tracing_module, "note", "OsO", v, attribute, answer);
    if (!done) Py_CLEAR(answer);
    Py_XDECREF(done);
    return answer;
}
static PyObject *ask_requires_grad(Value *v, void *unused) { return noted(v, "requires_grad", get_requires_grad(v, unused)); }
static PyObject *ask_label(Value *v, void *unused) { return noted(v, "label", get_label(v, unused)); }

#define READ_ONLY(name, get) {name, (getter)get, NULL, NULL, NULL}
PyGetSetDef value_attributes[] = {
    {"data", (getter)get_data, (setter)set_data, NULL, NULL},
    {"grad", (getter)get_grad, (setter)set_grad, NULL, NULL},
    {"requires_grad", (getter)ask_requires_grad, (setter)set_requires_grad, NULL, NULL},
    {"label", (getter)ask_label, (setter)set_label, NULL, NULL},
    READ_ONLY("op", get_op), READ_ONLY("operands", value_operands), READ_ONLY("parents", get_parents),
    READ_ONLY("serial", get_serial), READ_ONLY("scope", get_scope), READ_ONLY("line", get_line),
    READ_ONLY("_op", get_op), READ_ONLY("_prev", get_prev),
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- Reading a Value as a number or a text ---- */
static PyObject *value_item(Value *v, PyObject *unused) { return refuse_reading("item()") < 0 ? NULL : get_data(v, unused); }
static PyObject *value_detach(Value *v, PyObject *unused) {
    (void)unused;
    if (refuse_reading("detach()") < 0) return NULL;
    Value *leaf = node_new(v->data, LEAF, LEAF_OPERAND, LEAF_OPERAND);
    PyObject *label = leaf ? get_label(v, NULL) : NULL;
    if (!label || set_label(leaf, label, NULL) < 0) Py_CLEAR(leaf);
    Py_XDECREF(label);
    return (PyObject *)leaf;
}
static PyObject *value_repr(Value *v) {
    PyObject *data = PyFloat_FromDouble(v->data), *grad = PyFloat_FromDouble(v->grad), *label = get_label(v, NULL), *text = NULL;
    if (label && (modes & TRACING))  /* the number that it has here is of no sample */
        text = PyUnicode_GET_LENGTH(label) ? PyUnicode_FromFormat("Value(traced, label=%R)", label) : PyUnicode_FromString("Value(traced)");
    else if (data && grad && label)
        text = PyUnicode_GET_LENGTH(label) ? PyUnicode_FromFormat("Value(data=%R, grad=%R, label=%R)", data, grad, label)
                                           : PyUnicode_FromFormat("Value(data=%R, grad=%R)", data, grad);
    Py_XDECREF(data);
    Py_XDECREF(grad);
    Py_XDECREF(label);
    return text;
}
static PyObject *value_format(Value *v, PyObject *spec) {
    if (!PyUnicode_Check(spec)) { PyErr_Format(PyExc_TypeError, "__format__() argument must be str, not %.100s", Py_TYPE(spec)->tp_name); return NULL; }
    if (!PyUnicode_GET_LENGTH(spec)) return value_repr(v);
    if (refuse_reading("format()") < 0) return NULL;
    PyObject *number = PyFloat_FromDouble(v->data), *text = number ? PyObject_Format(number, spec) : NULL;
    Py_XDECREF(number);
    return text;
}
static PyObject *value_round(Value *v, PyObject *args) {
    PyObject *digits = Py_None;
    if (refuse_reading("round()") < 0) return NULL;
    if (!PyArg_ParseTuple(args, "|O:__round__", &digits)) return NULL;
    PyObject *number = PyFloat_FromDouble(v->data), *result = number ? PyObject_CallMethod(number, "__round__", "(O)", digits) : NULL;
    Py_XDECREF(number);
    return result;
}
/* In a trace a comparison is a node. */
static PyObject *condition(PyObject *l, PyObject *r, int how) {
    static const struct { int op, swap; } of_how[] = {
        [Py_LT] = {LESS, 0}, [Py_LE] = {LESS_EQUAL, 0}, [Py_EQ] = {EQUAL, 0}, [Py_NE] = {NOT_EQUAL, 0}, [Py_GT] = {LESS, 1}, [Py_GE] = {LESS_EQUAL, 1}};
    return of_how[how].swap ? binary(r, l, of_how[how].op) : binary(l, r, of_how[how].op);
}
static PyObject *value_compare(PyObject *l, PyObject *r, int how) {
    double x = ((Value *)l)->data, y;
    if (UNLIKELY(modes & TRACING)) return condition(l, r, how);
    if (IS_VALUE(r)) y = ((Value *)r)->data;
    else {
        int number = as_number(r, &y);
        if (number < 0) return NULL;
        if (!number) Py_RETURN_NOTIMPLEMENTED;
    }
    Py_RETURN_RICHCOMPARE(x, y, how);
}

/* ---- Copies ---- */
static PyObject *value_restore(PyObject *type, PyObject *args) {
    PyObject *op_text, *operands, *label, *scope;
    double data, grad;
    int requires_grad = 1;
    (void)type;
    if (!PyArg_ParseTuple(args, "UO!ddUU|p:restore", &op_text, &PyTuple_Type, &operands, &data, &grad, &label, &scope, &requires_grad)) return NULL;
    unsigned long scope_number = 0;
    if (PyUnicode_GET_LENGTH(scope)) {
        PyObject *number = call(modes_module, "scope_number", "iO", 0, scope);
        scope_number = number ? PyLong_AsUnsignedLong(number) : 0;
        Py_XDECREF(number);
        if (PyErr_Occurred()) return NULL;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(operands);
    Value *v;
    if (PyUnicode_GET_LENGTH(op_text) || n) {
        PyObject *args_of_apply = PyTuple_New(n + 1);
        if (!args_of_apply) return NULL;
        PyTuple_SET_ITEM(args_of_apply, 0, Py_NewRef(op_text));
        for (Py_ssize_t i = 0; i < n; i++) PyTuple_SET_ITEM(args_of_apply, i + 1, Py_NewRef(PyTuple_GET_ITEM(operands, i)));
        uint32_t before = modes;
        modes &= ~(FLAGS & ~TRACING);
        v = (Value *)value_apply(NULL, &PyTuple_GET_ITEM(args_of_apply, 0), n + 1);
        modes = before;
        Py_DECREF(args_of_apply);
    } else v = node_new(0, requires_grad ? LEAF : LEAF | FROZEN, LEAF_OPERAND, LEAF_OPERAND);
    if (!v) return NULL;
    v->data = data;
    v->grad = grad;
    v->tag = (v->tag & ((1u << SCOPE_SHIFT) - 1)) | (uint32_t)scope_number << SCOPE_SHIFT;
    if (set_label(v, label, NULL) < 0) Py_CLEAR(v);
    return (PyObject *)v;
}
static PyObject *value_copy(PyObject *v, PyObject *unused) { (void)unused; return call(graph_module, "copy_node", "(O)", v); }
static PyObject *value_deepcopy(PyObject *v, PyObject *memo) { return call(graph_module, "copy_graph", "OO", v, memo); }
static PyObject *value_reduce(PyObject *v, PyObject *unused) { (void)unused; return call(graph_module, "graph_to_table", "(O)", v); }

PyMethodDef value_methods[] = {
    {"backward", (PyCFunction)(void (*)(void))value_backward, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"apply", (PyCFunction)(void (*)(void))value_apply, METH_FASTCALL | METH_STATIC, NULL},
    {"restore", value_restore, METH_VARARGS | METH_STATIC, NULL},
    {"item", (PyCFunction)value_item, METH_NOARGS, NULL},
    {"detach", (PyCFunction)value_detach, METH_NOARGS, NULL},
    {"__format__", (PyCFunction)value_format, METH_O, NULL},
    {"__round__", (PyCFunction)value_round, METH_VARARGS, NULL},
    {"__copy__", value_copy, METH_NOARGS, NULL},
    {"__deepcopy__", value_deepcopy, METH_O, NULL},
    {"__reduce__", value_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

PyTypeObject Value_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "autograd.Value",
    .tp_basicsize = sizeof(Value),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .tp_new = value_new,
    .tp_vectorcall = value_vectorcall,
    .tp_dealloc = (destructor)value_dealloc,
    .tp_as_number = &value_as_number,
    .tp_repr = (reprfunc)value_repr,
    .tp_richcompare = value_compare,
    .tp_getset = value_attributes,
    .tp_methods = value_methods,
};
