/* dots: chains of multiplications and additions become `dot`, and chains of additions `sum`. The twin is passes/dots.py. */
#include "lower.h"

typedef struct { int32_t *at; int64_t n, room; } List;
static int push(List *list, int32_t x) {
    if (list->n == list->room) {
        list->room += list->room / 2 + 64;
        int32_t *at = PyMem_Realloc(list->at, (size_t)list->room * sizeof *at);
        if (!at) { PyErr_NoMemory(); return -1; }
        list->at = at;
    }
    list->at[list->n++] = x;
    return 0;
}

typedef struct {
    const Graph *old;
    Graph *new;
    const Codes *codes;
    uint8_t *same, *inside;
    int32_t *place;
    List todo, dots, others, rest;
} Dots;

/* The dots of a tree and whatever else it adds, from left to right. */
static int addends(Dots *d, int32_t root) {
    const Graph *g = d->old;
    d->todo.n = d->dots.n = d->others.n = 0;
    if (push(&d->todo, root) < 0) return -1;
    while (d->todo.n) {
        int32_t i = d->todo.at[--d->todo.n], *xs = args_of(g, i), size = size_of(g, i);
        if (g->op[i] == d->codes->mul || (i != root && !d->inside[i])) {
            if (push(&d->others, i) < 0) return -1;
        } else if (g->op[i] == d->codes->dot) {
            if (push(&d->dots, i) < 0 || (size & 1 && push(&d->todo, xs[size - 1]) < 0)) return -1;
        } else while (size-- > 0) if (push(&d->todo, xs[size]) < 0) return -1;
    }
    return 0;
}

/* A node of the operands in `rest`, after whatever was written at its operands before; it then is all the rest. */
static int all_rest(Dots *d, uint8_t op, int32_t before) {
    Graph *g = d->new;
    int32_t i = graph_add(g, op, before + (int32_t)d->rest.n, 0);
    if (i < 0) return -1;
    if (d->rest.n) memcpy(args_of(g, i) + before, d->rest.at, (size_t)d->rest.n * sizeof *d->rest.at);
    d->rest.n = 0;
    return push(&d->rest, i) < 0 ? -1 : i;
}

/* One dot of all products that nothing else reads; in each the uniform factor first. */
static int one_dot(Dots *d, int32_t k) {
    const Graph *g = d->old;
    int32_t j = 0, i = all_rest(d, d->codes->dot, 2 * k);
    if (i < 0) return -1;
    for (int64_t o = 0; o < d->others.n; o++) {
        int32_t p = d->others.at[o];
        if (!d->inside[p]) continue;
        const int32_t *xs = args_of(g, p);
        int turned = d->same[xs[1]] && !d->same[xs[0]];
        args_of(d->new, i)[j] = d->place[xs[turned]];
        args_of(d->new, i)[k + j++] = d->place[xs[!turned]];
    }
    return 0;
}

/* Build a tree anew; place[root] is its root. */
static int gather(Dots *d, int32_t root) {
    const Graph *g = d->old;
    if (addends(d, root) < 0) return -1;
    int32_t k = 0;
    for (int64_t o = 0; o < d->others.n; o++) k += d->inside[d->others.at[o]];
    d->rest.n = 0;
    for (int64_t o = 0; o < d->others.n; o++) {
        int32_t i = d->others.at[o];
        if (d->inside[i] && k > 1) continue;
        if (d->inside[i]) {
            int32_t made = graph_add(d->new, d->codes->mul, 2, 0);
            if (made < 0) return -1;
            for (int a = 0; a < 2; a++) args_of(d->new, made)[a] = d->place[args_of(g, i)[a]];
            d->place[i] = made;
        }
        if (push(&d->rest, d->place[i]) < 0) return -1;
    }
    if (d->rest.n > 1 && all_rest(d, d->rest.n == 2 ? d->codes->add : d->codes->sum, 0) < 0) return -1;
    if (k > 1 && one_dot(d, k) < 0) return -1;
    while (d->dots.n) {
        int32_t i = d->dots.at[--d->dots.n], size = size_of(g, i) & ~1, made = all_rest(d, d->codes->dot, size);
        if (made < 0) return -1;
        for (int32_t a = 0; a < size; a++) args_of(d->new, made)[a] = d->place[args_of(g, i)[a]];
    }
    d->place[root] = d->rest.at[0];
    return 0;
}

/* For each node: is it +, ·, sum or dot, and read once only, by an addition or by a dot as its bias? */
static uint8_t *find_inside(const Graph *g, const Codes *c) {
    uint8_t *uses = numbers_new(g->n, 1, 1), *inside = numbers_new(g->n, 1, 1);  /* two uses stand for more */
    if (uses && inside) {
        for (int32_t a = 0; a < g->start[g->n]; a++) uses[g->args[a]] += uses[g->args[a]] < 2;
        for (int32_t i = 0; i < g->output_count; i++) uses[g->outputs[i]] += uses[g->outputs[i]] < 2;
        for (int32_t i = 0; i < g->n; i++) {
            int is_dot = g->op[i] == c->dot;
            if (!is_dot && g->op[i] != c->add && g->op[i] != c->sum) continue;
            for (int32_t a = is_dot ? size_of(g, i) & ~1 : 0; a < size_of(g, i); a++) {
                int32_t x = args_of(g, i)[a];
                uint8_t op = g->op[x];
                inside[x] = uses[x] == 1 && (op == c->add || op == c->mul || op == c->sum || op == c->dot);
            }
        }
    } else {
        PyMem_Free(inside);
        inside = NULL;
    }
    PyMem_Free(uses);
    return inside;
}

int lower_dots(Graph *to, const Graph *from, const Codes *codes) {
    if (graph_new(to, from, from->n, from->start[from->n]) < 0) return -1;
    Dots d = {.old = from, .new = to, .codes = codes};
    int bad = !(d.same = graph_uniform(from)) || !(d.inside = find_inside(from, codes)) || !(d.place = numbers_new(from->n, sizeof *d.place, 0));
    for (int32_t i = 0; i < from->n && !bad; i++) {
        uint8_t op = from->op[i];
        if (d.inside[i]) continue;
        if (op == codes->add || op == codes->sum || op == codes->dot) { bad = gather(&d, i) < 0; continue; }
        int32_t size = size_of(from, i), made = graph_add(to, op, size, from->number[i]);
        if ((bad = made < 0)) break;
        for (int32_t a = 0; a < size; a++) args_of(to, made)[a] = d.place[args_of(from, i)[a]];
        d.place[i] = made;
    }
    if (!bad) graph_move_outputs(to, from, d.place);
    PyMem_Free(d.same);
    PyMem_Free(d.inside);
    PyMem_Free(d.place);
    PyMem_Free(d.todo.at);
    PyMem_Free(d.dots.at);
    PyMem_Free(d.others.at);
    PyMem_Free(d.rest.at);
    return -bad;
}
