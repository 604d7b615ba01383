/* The module: what Python sees of the C engine. */
#include "node.h"

extern HIDDEN PyMethodDef rule_methods[], value_methods[];
extern HIDDEN PyGetSetDef value_attributes[];
extern HIDDEN PyTypeObject State_Type, Scope_Type;

uint64_t births;
/* RULES = {name: number of operands, 0 for any}, for the test that compares the two tables. */
static int add_rules(PyObject *module) {
    PyObject *rules = PyDict_New();
    if (!rules) return -1;
    for (int op = LEAF + 1; op < OPS; op++) {
        PyObject *operands = PyLong_FromLong(IS_UNARY(op) ? 1 : IS_BINARY(op) ? 2 : op == WHERE ? 3 : 0);
        int failed = !operands || PyDict_SetItemString(rules, op_name(op), operands) < 0;
        Py_XDECREF(operands);
        if (failed) return -1;
    }
    int failed = PyModule_AddObjectRef(module, "RULES", rules);
    Py_DECREF(rules);
    return failed;
}

/* ---- Docstrings are written once, in Python ---- */
static const char *const signatures[][2] = {
    {"Value", "Value(data, label='')"}, {"backward", "backward($self, grad=1.0)"}, {"apply", "apply(op, *operands)"},
    {"leaky_relu", "leaky_relu($self, slope=0.01)"}, {"elu", "elu($self, alpha=1.0)"}, {"name_scope", "name_scope(name)"},
    {"restore", "restore(op, operands, data, grad, label, scope, requires_grad=True)"},
    {"dot", "dot(ws, xs, bias=None)"}, {"sum", "sum(xs, /)"}, {"logsumexp", "logsumexp(xs, /)"}, {NULL, NULL},
};
/* The docstring of twin.name, or of the twin itself if `of` is TWIN, with the signature before it as CPython wants it.
 * A method that has none in the table takes no arguments; an attribute has none. Lives for ever. */
enum { TWIN, METHOD, ATTRIBUTE };
static const char *doc_of(PyObject *twin, const char *name, int of) {
    PyObject *o = of == TWIN ? Py_NewRef(twin) : PyObject_GetAttrString(twin, name);
    PyObject *text = o ? PyObject_GetAttrString(o, "__doc__") : NULL, *full = NULL;
    if (text && PyUnicode_Check(text)) {
        int k = 0;
        while (signatures[k][0] && strcmp(signatures[k][0], name) != 0) k++;
        full = signatures[k][0] ? PyUnicode_FromFormat("%s\n--\n\n%U", signatures[k][1], text)
             : of == METHOD     ? PyUnicode_FromFormat("%s($self)\n--\n\n%U", name, text)
                                : Py_NewRef(text);
    }
    Py_XDECREF(o);
    Py_XDECREF(text);
    PyErr_Clear();
    return full ? PyUnicode_AsUTF8(full) : NULL;
}
static PyObject *take_docs(PyObject *module, PyObject *args) {
    PyObject *value, *scope;
    (void)module;
    if (!PyArg_ParseTuple(args, "OO:take_docs", &value, &scope)) return NULL;
    PyMethodDef *tables[] = {rule_methods, value_methods};
    for (int t = 0; t < 2; t++)
        for (PyMethodDef *m = tables[t]; m->ml_name; m++) m->ml_doc = doc_of(value, m->ml_name, METHOD);
    for (PyGetSetDef *a = value_attributes; a->name; a++) a->doc = doc_of(value, a->name, ATTRIBUTE);
    Value_Type.tp_doc = doc_of(value, "Value", TWIN);
    Scope_Type.tp_doc = doc_of(scope, "name_scope", TWIN);
    PyType_Modified(&Value_Type);
    PyType_Modified(&Scope_Type);
    Py_RETURN_NONE;
}
static PyObject *take_function_docs(PyObject *, PyObject *);

static PyMethodDef functions[] = {
    {"dot", (PyCFunction)(void (*)(void))record_dot, METH_FASTCALL | METH_KEYWORDS, NULL},
    {"sum", record_sum, METH_O, NULL},
    {"record_program", (PyCFunction)(void (*)(void))record_program, METH_FASTCALL, NULL},
    {"collect", collect, METH_VARARGS, NULL},
    {"read_numbers", (PyCFunction)(void (*)(void))read_numbers, METH_FASTCALL, NULL},
    {"add_gradients", (PyCFunction)(void (*)(void))add_gradients, METH_FASTCALL, NULL},
    {"zero_gradients", zero_gradients, METH_O, NULL},
    {"take_gradients", take_gradients, METH_O, NULL},
    {"write_numbers", (PyCFunction)(void (*)(void))write_numbers, METH_FASTCALL, NULL},
    {"logsumexp", record_logsumexp, METH_O, NULL},
    {"enter_no_grad", enter_no_grad, METH_NOARGS, NULL},
    {"leave_no_grad", (PyCFunction)(void (*)(void))leave_no_grad, METH_FASTCALL, NULL},
    {"enter_anomaly", enter_anomaly, METH_NOARGS, NULL},
    {"leave_anomaly", (PyCFunction)(void (*)(void))leave_anomaly, METH_FASTCALL, NULL},
    {"enter_lines", enter_lines, METH_NOARGS, NULL},
    {"leave_lines", (PyCFunction)(void (*)(void))leave_lines, METH_FASTCALL, NULL},
    {"take_docs", take_docs, METH_VARARGS, NULL},
    {"take_function_docs", take_function_docs, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};
static PyObject *take_function_docs(PyObject *module, PyObject *twins) {  /* {name: function} */
    (void)module;
    for (PyMethodDef *m = functions; m->ml_name; m++) {
        PyObject *twin = PyDict_Check(twins) ? PyDict_GetItemString(twins, m->ml_name) : NULL;
        if (twin) m->ml_doc = doc_of(twin, m->ml_name, TWIN);
    }
    Py_RETURN_NONE;
}

/* Run at each import. In one interpreter only: the engine's variables hold its objects. */
static int fill(PyObject *module) {
    if (PyInterpreterState_Get() != PyInterpreterState_Main()) {
        PyErr_SetString(PyExc_ImportError, "the C engine of autograd works in the main interpreter only");
        return -1;
    }
    Value_Type.tp_hash = PyBaseObject_Type.tp_hash;  /* a Value as a key is itself; without this, comparing unmakes hashing */
    if (PyType_Ready(&Value_Type) < 0 || PyType_Ready(&State_Type) < 0 || PyType_Ready(&Scope_Type) < 0) return -1;
    for (PyMethodDef *m = rule_methods + 1; m->ml_name; m++) {  /* the first, neg, is an operator only */
        PyObject *method = PyDescr_NewMethod(&Value_Type, m);
        int failed = !method || PyDict_SetItemString(Value_Type.tp_dict, m->ml_name, method) < 0;
        Py_XDECREF(method);
        if (failed) return -1;
    }
    struct { PyObject **to; const char *name; } house[] = {
        {&scalars_module, "autograd.scalars"}, {&graph_module, "autograd.graph"}, {&anomaly_module, "autograd.anomaly"}, {&modes_module, "autograd.modes"},
        {&tracing_module, "autograd.tracing"}};
    for (int i = 0; i < 5; i++) {
        PyObject *room = PyImport_ImportModule(house[i].name);
        if (!room) return -1;
        Py_XSETREF(*house[i].to, room);
    }
    PyObject *state = State_Type.tp_alloc(&State_Type, 0);
    int failed = !state || make_ops() < 0 || add_rules(module) < 0 || PyModule_AddObjectRef(module, "Value", (PyObject *)&Value_Type) < 0
        || PyModule_AddObjectRef(module, "name_scope", (PyObject *)&Scope_Type) < 0 || PyModule_AddObjectRef(module, "state", state) < 0;
    Py_XDECREF(state);
    return -failed;
}
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, fill},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, NULL},
};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "autograd._c.core", .m_methods = functions, .m_slots = slots};

PyMODINIT_FUNC PyInit_core(void) { return PyModuleDef_Init(&definition); }
