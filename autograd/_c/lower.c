/* The face of lowering to Python: arrays in, checked, and the Program's numbers out. */
#include "lower.h"

static int get(PyObject *o, Py_buffer *view, const char *kinds, Py_ssize_t size, const char *what) {
    if (PyObject_GetBuffer(o, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) < 0) return -1;
    const char *f = view->format ? view->format : "B";
    if (*f == '@' || *f == '=' || *f == '<') f++;
    if (view->itemsize == size && f[0] && strchr(kinds, f[0]) && !f[1] && view->len / size < INT32_MAX) return 0;
    PyErr_Format(PyExc_ValueError, "%s must be an array of numbers of %zd bytes, fewer than 2**31 - 1, got %zd of format '%s'", what, size, view->len, view->format ? view->format : "B");
    PyBuffer_Release(view);
    return -1;
}

static int is_place(double number, int32_t count) { return number >= 0 && number < count && number == (int32_t)number; }

static const char *wrong_node(const Graph *g, const Codes *codes, int32_t i) {
    int code = g->op[i], op = code < codes->count ? codes->operation[code] : 0;
    if (code >= codes->count) return "has an unknown code";
    if (g->start[i] > g->start[i + 1] || g->start[i + 1] > g->start[g->n]) return "begins and ends nowhere";
    int32_t size = size_of(g, i), wanted = code < LEAVES ? 0 : IS_UNARY(op) ? 1 : IS_BINARY(op) ? 2 : op == WHERE ? 3 : size;
    if (size != wanted) return "has a wrong number of operands";
    if (code == PARAM && !is_place(g->number[i], g->parameters)) return "is no parameter";
    if (code == INPUT && !is_place(g->number[i], g->columns)) return "is no input";
    for (int32_t a = g->start[i]; a < g->start[i + 1]; a++) if (g->args[a] < 0 || g->args[a] >= i) return "reads a node that is not before it";
    return NULL;
}

static int check(const Graph *g, const Codes *codes, Py_ssize_t starts, Py_ssize_t numbers, Py_ssize_t args) {
    const char *wrong = starts != (Py_ssize_t)g->n + 1 || numbers != g->n ? "its arrays differ in length"
        : g->start[0] != 0 || g->start[g->n] != args ? "its starts don't fit its operands"
        : g->parameters < 0 || g->columns < 0 || (int64_t)g->parameters + g->columns + g->n > INT32_MAX / 2 ? "it has too many nodes, or fewer than no columns"
        : NULL;
    int32_t at = -1;
    for (int32_t i = 0; !wrong && i < g->n; i++) if ((wrong = wrong_node(g, codes, i))) at = i;
    for (int32_t i = 0; !wrong && i < g->output_count; i++) if (g->outputs[i] < 0 || g->outputs[i] >= g->n) wrong = "an output is no node";
    if (!wrong) return 0;
    if (at < 0) PyErr_Format(PyExc_ValueError, "this is no graph: %s", wrong);
    else PyErr_Format(PyExc_ValueError, "this is no graph: node %d %s", at, wrong);
    return -1;
}

static int find_codes(Codes *codes, const Py_buffer *table) {
    codes->operation = table->buf;
    codes->count = (int32_t)table->len;
    int found = 0;
    for (int code = LEAVES; code < codes->count && code < 256; code++) {
        struct { int op; uint8_t *to; } wanted[] = {{ADD, &codes->add}, {MUL, &codes->mul}, {NEG, &codes->neg}, {SUM, &codes->sum}, {DOT, &codes->dot}};
        for (int i = 0; i < 5; i++) if (codes->operation[code] == wanted[i].op) { *wanted[i].to = (uint8_t)code; found |= 1 << i; }
    }
    if (found == 31 && codes->count <= 256) return 0;
    PyErr_SetString(PyExc_ValueError, "the table of operations lacks one that the passes need");
    return -1;
}

/* (code, constants, outputs, uniform_end, slots, sizes) of a graph that is known to be right. */
static PyObject *lowered(const Graph *given, const Codes *codes) {
    Graph a = {0}, b = {0};
    Runs runs = {0};
    uint8_t *same = NULL;
    int32_t *level = NULL, *slot = NULL, deepest, sizes[6] = {given->n};
    PyObject *answer = NULL;
    if (lower_fold(&a, given, codes) < 0) goto out;
    sizes[1] = a.n;
    if (lower_share(&a, codes) < 0) goto out;
    sizes[2] = a.n;
    if (lower_dead(&a) < 0) goto out;
    sizes[3] = a.n;
    if (lower_dots(&b, &a, codes) < 0) goto out;
    graph_free(&a);
    sizes[4] = sizes[5] = b.n;
    if (!(same = graph_uniform(&b)) || !(level = graph_levels(&b, same, &deepest)) || lower_products(&b, codes, same, level) < 0) goto out;
    if (!(slot = numbers_new(b.n, sizeof *slot, 0)) || lower_runs(&runs, slot, &b, codes, same, level, deepest) < 0) goto out;
    graph_move_outputs(&b, &b, slot);
    int32_t constants = 0;
    for (int32_t i = 0; i < b.n; i++) if (b.op[i] == CONST) b.number[constants++] = b.number[i];
    answer = Py_BuildValue("y#y#y#ii(iiiiii)", runs.code ? (char *)runs.code : "", (Py_ssize_t)(runs.length * 4), (char *)b.number,
                           (Py_ssize_t)constants * 8, (char *)b.outputs, (Py_ssize_t)b.output_count * 4, runs.uniform_end, runs.slots,
                           sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]);
out:
    graph_free(&a);
    graph_free(&b);
    PyMem_Free(runs.code);
    PyMem_Free(same);
    PyMem_Free(level);
    PyMem_Free(slot);
    return answer;
}

PyObject *lower(PyObject *module, PyObject *arguments) {
    PyObject *given[6], *answer = NULL;
    Codes codes = {0};
    Graph g = {0};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOOOOiiOO:lower", &given[0], &given[1], &given[2], &given[3], &given[4], &g.parameters, &g.columns, &given[5], &codes.value)) return NULL;
    static const struct { const char *kinds; Py_ssize_t size; const char *what; } of[] = {
        {"B", 1, "op"}, {"il", 4, "start"}, {"il", 4, "args"}, {"d", 8, "number"}, {"il", 4, "outputs"}, {"B", 1, "operations"}};
    Py_buffer views[6];
    int held = 0;
    while (held < 6 && get(given[held], &views[held], of[held].kinds, of[held].size, of[held].what) == 0) held++;
    if (held == 6 && find_codes(&codes, &views[5]) == 0) {
        g.n = (int32_t)views[0].len;
        g.op = views[0].buf;
        g.start = views[1].buf;
        g.args = views[2].buf;
        g.number = views[3].buf;
        g.outputs = views[4].buf;
        g.output_count = (int32_t)(views[4].len / 4);
        if (check(&g, &codes, views[1].len / 4, views[3].len / 8, views[2].len / 4) == 0) answer = lowered(&g, &codes);
    }
    while (held) PyBuffer_Release(&views[--held]);
    return answer;
}
