/* fold: what is known before the function is ever called. The twin is passes/fold.py. */
#include <math.h>
#include "lower.h"

/* What rounds once at most, and so is the same in C and Python. A nan is left to Python too: its sign may differ. */
static int computed(int op, const Graph *g, const int32_t *xs, int32_t size, double *v) {
    double x = size > 0 ? g->number[xs[0]] : 0, y = size > 1 ? g->number[xs[1]] : 0;
    switch (op) {
    case ADD: case SUB: case MUL: case DIV: case MAXIMUM: case MINIMUM: case LESS: case LESS_EQUAL: case EQUAL: case NOT_EQUAL:
        *v = value2(op, x, y);
        return *v == *v;
    case NEG: case ABS: case SQRT: case RELU: case STEP: case SIGN: case FLOOR: case CEIL:
        *v = value1(op, x);
        return *v == *v;
    default:
        return 0;
    }
}

static int by_python(const Codes *codes, int code, const Graph *g, const int32_t *xs, int32_t size, double *v) {
    PyObject *numbers = PyList_New(size), *answer = NULL;
    for (int32_t i = 0; numbers && i < size; i++) {
        PyObject *x = PyFloat_FromDouble(g->number[xs[i]]);
        if (!x) Py_CLEAR(numbers);
        else PyList_SET_ITEM(numbers, i, x);
    }
    if (numbers) answer = PyObject_CallFunction(codes->value, "iO", code, numbers);
    Py_XDECREF(numbers);
    if (!answer) return -1;
    *v = PyFloat_AsDouble(answer);
    Py_DECREF(answer);
    return *v == -1 && PyErr_Occurred() ? -1 : 0;
}

static int is_number(const Graph *g, int32_t x, double number) { return g->op[x] == CONST && g->number[x] == number; }

/* The operand that a node of this operation always equals, or -1. */
static int32_t same_as(int op, const Graph *g, const Codes *codes, const int32_t *xs, int32_t size) {
    switch (op) {
    case ADD: case MUL: {
        double neutral = op == MUL;
        return is_number(g, xs[1], neutral) ? xs[0] : is_number(g, xs[0], neutral) ? xs[1] : -1;
    }
    case SUB: return is_number(g, xs[1], 0) ? xs[0] : -1;
    case DIV: case POW: return is_number(g, xs[1], 1) ? xs[0] : -1;
    case NEG: return g->op[xs[0]] == codes->neg ? args_of(g, xs[0])[0] : -1;
    case WHERE: return g->op[xs[0]] != CONST ? -1 : g->number[xs[0]] != 0 ? xs[1] : xs[2];
    case SUM: case DOT: return size == 1 ? xs[0] : -1;
    default: return -1;
    }
}

int lower_fold(Graph *to, const Graph *from, const Codes *codes) {
    if (graph_new(to, from, from->n, from->start[from->n]) < 0) return -1;
    int32_t *place = numbers_new(from->n, sizeof *place, 0);
    int bad = !place;
    for (int32_t i = 0; i < from->n && !bad; i++) {
        int code = from->op[i], op = codes->operation[code], known = 1;
        int32_t size = size_of(from, i), *old = args_of(from, i), *xs = to->args + to->start[to->n];
        if (code < LEAVES) { bad = (place[i] = graph_add(to, (uint8_t)code, 0, from->number[i])) < 0; continue; }
        for (int32_t a = 0; a < size; a++) {  /* there is room: the new graph never has more than the old */
            xs[a] = place[old[a]];
            known &= to->op[xs[a]] == CONST;
        }
        if (known) {
            double v;
            bad = !computed(op, to, xs, size, &v) && by_python(codes, code, to, xs, size, &v) < 0;
            if (!bad) bad = (place[i] = graph_add(to, CONST, 0, v)) < 0;
        } else if ((place[i] = same_as(op, to, codes, xs, size)) < 0) bad = (place[i] = graph_add(to, (uint8_t)code, size, 0)) < 0;
    }
    if (!bad) graph_move_outputs(to, from, place);
    PyMem_Free(place);
    return -bad;
}
