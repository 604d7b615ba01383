/* The face to Python: a Program, which never changes, and its run. Arrays come as buffers; the GIL is free while it runs. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <string.h>
#include "executor.h"
#include "samples.h"
#include "watch.h"

typedef struct {
    PyObject_HEAD
    Plan *plan;
    Scratch *idle;             /* memory between calls; touched under the GIL only */
} Program;

/* ---- Buffers ---- */
static int is_of(const Py_buffer *view, char kind, Py_ssize_t size) {
    const char *f = view->format ? view->format : "B";
    if (*f == '@' || *f == '=' || *f == '<') f++;
    return view->itemsize == size && f[0] && !f[1] && (f[0] == kind || (kind == 'i' && f[0] == 'l'));
}
static int get(PyObject *o, Py_buffer *view, int flags, char kind, Py_ssize_t size, const char *what) {
    if (PyObject_GetBuffer(o, view, flags | PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) return -1;
    if (is_of(view, kind, size)) return 0;
    PyErr_Format(PyExc_TypeError, "%s must be an array of %s, got one of format '%s'", what, kind == 'd' ? "float64" : "int32", view->format ? view->format : "B");
    PyBuffer_Release(view);
    return -1;
}
static int get_numbers(PyObject *o, Py_buffer *view, int flags, int64_t count, const char *what) {
    if (get(o, view, flags, 'd', sizeof(double), what) < 0) return -1;
    if (view->len / (Py_ssize_t)sizeof(double) == count) return 0;
    PyErr_Format(PyExc_ValueError, "%s must hold %lld numbers, got %zd", what, (long long)count, view->len / (Py_ssize_t)sizeof(double));
    PyBuffer_Release(view);
    return -1;
}

/* ---- Program(code, constants) ---- */
static PyObject *program_new(PyTypeObject *type, PyObject *args, PyObject *names) {
    static char *words[] = {"code", "constants", NULL};
    PyObject *code_given, *constants_given;
    Py_buffer code, constants;
    if (!PyArg_ParseTupleAndKeywords(args, names, "OO:Program", words, &code_given, &constants_given)) return NULL;
    /* bytes come from a pickle */
    if (PyObject_GetBuffer(code_given, &code, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) return NULL;
    if (PyObject_GetBuffer(constants_given, &constants, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) { PyBuffer_Release(&code); return NULL; }
    Program *self = NULL;
    char error[400];
    if (!PyBytes_Check(code_given) && !is_of(&code, 'i', 4)) PyErr_SetString(PyExc_TypeError, "code must be an array of int32");
    else if (!PyBytes_Check(constants_given) && !is_of(&constants, 'd', 8)) PyErr_SetString(PyExc_TypeError, "constants must be an array of float64");
    else if (code.len % 4 || constants.len % 8) PyErr_SetString(PyExc_ValueError, "code must be whole int32 numbers and constants whole float64 numbers");
    else if ((self = (Program *)type->tp_alloc(type, 0))) {
        self->plan = plan_new(code.buf, (size_t)code.len / 4, constants.buf, (size_t)constants.len / 8, error, sizeof error);
        if (!self->plan) {
            if (error[0]) PyErr_SetString(PyExc_ValueError, error);
            else PyErr_NoMemory();
            Py_CLEAR(self);
        }
    }
    PyBuffer_Release(&code);
    PyBuffer_Release(&constants);
    return (PyObject *)self;
}
static void forget_idle(Program *self) {
    while (self->idle) {
        Scratch *s = self->idle;
        self->idle = s->next;
        scratch_free(s);
    }
}
static void program_dealloc(Program *self) {
    PyTypeObject *type = Py_TYPE(self);
    forget_idle(self);
    plan_free(self->plan);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}
static PyObject *program_reduce(Program *self, PyObject *unused) {
    (void)unused;
    const Plan *p = self->plan;
    return Py_BuildValue("O(y#y#)", Py_TYPE(self), (const char *)p->code, (Py_ssize_t)(p->code_length * 4),
                         (const char *)p->constants, (Py_ssize_t)p->constant_count * 8);
}

/* ---- run ---- */
/* `count` scratches in a list, from the idle ones where they are large enough. */
static Scratch *take_scratches(Program *self, int64_t count, size_t bytes) {
    Scratch *list = NULL;
    for (int64_t i = 0; i < count; i++) {
        Scratch *s = self->idle;
        if (s) self->idle = s->next;
        if (s && s->bytes < bytes) { scratch_free(s); s = NULL; }
        if (!s) s = scratch_new(bytes);
        if (!s) {
            while ((s = list)) { list = s->next; scratch_free(s); }
            PyErr_NoMemory();
            return NULL;
        }
        s->next = list;
        list = s;
    }
    return list;
}
static void give_back(Program *self, Scratch *list) {
    while (list) {
        Scratch *s = list;
        list = s->next;
        s->next = self->idle;
        self->idle = s;
    }
}

static int run_now(Program *self, Call *call, const Kernels *kernels, int threads) {
    int64_t chunks = chunk_count(self->plan, call->samples);
    if (threads > chunks) threads = chunks < 1 ? 1 : (int)chunks;
    Scratch *scratches = take_scratches(self, threads, scratch_bytes(self->plan, call->samples, kernels->number));
    if (!scratches) return -1;
    BadIndex bad;
    Py_BEGIN_ALLOW_THREADS
    run_call(call, kernels, scratches, &bad);
    Py_END_ALLOW_THREADS
    give_back(self, scratches);
    if (bad.sample < 0) return 0;
    PyObject *index = PyFloat_FromDouble(bad.index);
    if (index) PyErr_Format(PyExc_IndexError, "sample %lld takes entry %R of a table of %d", (long long)bad.sample, index, bad.entries);
    Py_XDECREF(index);
    return -1;
}

/* Gets the buffers that are there, runs, and releases them. */
static PyObject *program_run(Program *self, PyObject *const *args, Py_ssize_t count) {
    if (count != 9 && count != 10) return PyErr_Format(PyExc_TypeError, "run takes 9 or 10 arguments, got %zd", count);
    const Plan *p = self->plan;
    Call call = {.plan = p, .samples = PyLong_AsLongLong(args[2])};
    int reduce = PyObject_IsTrue(args[6]);
    long threads = PyLong_AsLong(args[7]), number = PyLong_AsLong(args[8]);
    if (reduce < 0 || PyErr_Occurred()) return NULL;
    if (call.samples < 0 || call.samples > INT64_MAX / 64 / ((int64_t)p->columns + p->output_count))
        return PyErr_Format(PyExc_ValueError, "samples must be zero or more, got %lld", (long long)call.samples);
    if (threads < 1 || threads > 1024) return PyErr_Format(PyExc_ValueError, "threads must be between 1 and 1024, got %ld", threads);
    call.reduce = reduce;
    const char *name = NULL;
    if (count == 10 && !(name = PyUnicode_AsUTF8(args[9]))) return NULL;
    const Kernels *kernels = kernels_for((size_t)number, name);
    if (!kernels) return PyErr_Format(PyExc_ValueError, "this machine has no kernels '%s' for numbers of %ld bytes", name ? name : "", number);

    Py_buffer views[5];
    int held = 0, done = -1;
    int64_t results = (reduce ? 1 : call.samples) * p->output_count;
    if (get_numbers(args[0], &views[held], 0, p->parameters, "parameters") < 0) goto out;
    call.parameters = views[held++].buf;
    if (args[1] != Py_None || p->columns) {
        if (get_numbers(args[1], &views[held], 0, call.samples * p->columns, "X") < 0) goto out;
        call.X = views[held++].buf;
    }
    if (PyFloat_Check(args[3])) call.seed = PyFloat_AS_DOUBLE(args[3]);
    else {
        if (get_numbers(args[3], &views[held], 0, call.samples * p->output_count, "seeds") < 0) goto out;
        call.seeds = views[held++].buf;
    }
    if (get_numbers(args[4], &views[held], PyBUF_WRITABLE, results, "outputs") < 0) goto out;
    call.outputs = views[held++].buf;
    if (args[5] != Py_None) {
        if (get_numbers(args[5], &views[held], PyBUF_WRITABLE, p->parameters, "gradient") < 0) goto out;
        call.gradient = views[held++].buf;
    }
    done = run_now(self, &call, kernels, (int)threads);
out:
    while (held) PyBuffer_Release(&views[--held]);
    if (done < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *program_bytes(Program *self, void *unused) {
    (void)unused;
    size_t bytes = 0;
    for (Scratch *s = self->idle; s; s = s->next) bytes += s->bytes;
    return PyLong_FromSize_t(bytes);
}

static PyMethodDef program_methods[] = {
    {"run", (PyCFunction)(void (*)(void))program_run, METH_FASTCALL,
     "run(parameters, X, samples, seeds, outputs, gradient, reduce, threads, number, kernels=best): fills outputs and gradient. "
     "number is how many bytes a number has while it runs: 8 or 4."},
    {"__reduce__", (PyCFunction)program_reduce, METH_NOARGS, NULL},
    {0},
};
static PyGetSetDef program_getset[] = {
    {"scratch_bytes", (getter)program_bytes, NULL, "Memory kept between calls.", NULL},
    {0},
};
static PyType_Slot program_slots[] = {
    {Py_tp_doc, "Program(code, constants): a compiled program, checked; it never changes."},
    {Py_tp_new, program_new},
    {Py_tp_dealloc, program_dealloc},
    {Py_tp_methods, program_methods},
    {Py_tp_getset, program_getset},
    {0},
};
static PyType_Spec program_spec = {"autograd._c.executor.Program", sizeof(Program), 0, Py_TPFLAGS_DEFAULT, program_slots};

/* FORMAT, the numbers of the operations, and the kernels that this machine runs, the best first. */
static int fill(PyObject *m) {
    if (PyModule_AddIntConstant(m, "FORMAT", FORMAT) < 0) return -1;
    PyObject *operations = PyDict_New(), *names = PyList_New(0);
    int bad = !operations || !names;
    for (int op = 0; op < operation_count && !bad; op++) {
        if (!operation_names[op]) continue;
        PyObject *number = PyLong_FromLong(op);
        bad = !number || PyDict_SetItemString(operations, operation_names[op], number) < 0;
        Py_XDECREF(number);
    }
    static const char *const all[] = {"v4", "v3", "base"};
    for (size_t i = 0; i < 3 && !bad; i++) {
        if (!kernels_for(sizeof(double), all[i])) continue;
        PyObject *name = PyUnicode_FromString(all[i]);
        bad = !name || PyList_Append(names, name) < 0;
        Py_XDECREF(name);
    }
    bad = bad || PyModule_AddObjectRef(m, "OPERATIONS", operations) < 0 || PyModule_AddObjectRef(m, "KERNELS", names) < 0
        || PyModule_AddIntConstant(m, "OPERATION_COUNT", operation_count) < 0;
    Py_XDECREF(operations);
    Py_XDECREF(names);
    return bad ? -1 : 0;
}
HIDDEN PyObject *lower(PyObject *, PyObject *);  /* lower.c */
static PyMethodDef functions[] = {
    {"gather", (PyCFunction)(void (*)(void))gather, METH_FASTCALL, "gather(array, given): see samples.c."},
    {"lower", lower, METH_VARARGS, "lower(op, start, args, number, outputs, parameters, columns, operations, value): the numbers of the Program of a graph."},
    {0},
};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "executor", .m_doc = "Makes and runs compiled programs.", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit_executor(void) {
    PyObject *m = PyModule_Create(&module);
    if (!m) return NULL;
    PyObject *type = PyType_FromSpec(&program_spec);
    if (!type || PyModule_AddObjectRef(m, "Program", type) < 0 || add_watch(m) < 0 || fill(m) < 0) Py_CLEAR(m);
    Py_XDECREF(type);
    return m;
}
