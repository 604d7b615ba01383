/* share: what is computed twice is computed once; dead: what no output needs is left out. The twins are passes/share.py
 * and passes/dead.py. Both only leave nodes out, so they write the graph over itself. */
#include "lower.h"

static uint64_t mixed(uint64_t h, uint64_t x) {
    h = (h ^ x) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}
static uint64_t bits_of(double x) { uint64_t b; memcpy(&b, &x, sizeof b); return b; }

/* Of a node whose operands stand at xs: the order of two factors or addends doesn't count. */
static uint64_t hash_of(uint8_t op, int commutes, const int32_t *xs, int32_t size, double number) {
    uint64_t h = mixed(0x1234567, op);
    if (op < LEAVES) return mixed(h, op == CONST ? bits_of(number) : (uint64_t)number);
    if (commutes) return mixed(h, xs[0] < xs[1] ? (uint64_t)xs[0] << 32 | (uint32_t)xs[1] : (uint64_t)xs[1] << 32 | (uint32_t)xs[0]);
    for (int32_t a = 0; a < size; a++) h = mixed(h, (uint32_t)xs[a]);
    return h;
}
static int is_equal(const Graph *g, int32_t i, uint8_t op, int commutes, const int32_t *xs, int32_t size, double number) {
    if (g->op[i] != op) return 0;
    if (op == CONST) return bits_of(g->number[i]) == bits_of(number);
    if (op < LEAVES) return g->number[i] == number;
    const int32_t *ys = args_of(g, i);
    if (commutes) return (xs[0] == ys[0] && xs[1] == ys[1]) || (xs[0] == ys[1] && xs[1] == ys[0]);
    return size_of(g, i) == size && memcmp(xs, ys, (size_t)size * sizeof *xs) == 0;
}

int lower_share(Graph *g, const Codes *codes) {
    size_t room = 16;
    while (room < (size_t)g->n + (size_t)g->n / 2) room *= 2;
    int32_t *place = numbers_new(g->n, sizeof *place, 0), *table = numbers_new((int64_t)room, sizeof *table, 1);  /* node + 1 */
    int32_t kept = 0, n = g->n, from = 0;
    for (int32_t i = 0; place && table && i < n; i++) {
        uint8_t op = g->op[i];
        double number = g->number[i];
        int32_t end = g->start[i + 1], size = end - from, *xs = g->args + g->start[kept];
        int commutes = op == codes->add || op == codes->mul;
        for (int32_t a = 0; a < size; a++) xs[a] = place[g->args[from + a]];
        from = end;
        size_t at = hash_of(op, commutes, xs, size, number) >> 7 & (room - 1);
        while (table[at] && !is_equal(g, table[at] - 1, op, commutes, xs, size, number)) at = (at + 1) & (room - 1);
        if (!table[at]) {
            table[at] = kept + 1;
            g->op[kept] = op;
            g->number[kept] = number;
            g->start[kept + 1] = g->start[kept] + size;  /* at or before start[i + 1], which is read */
            kept++;
        }
        place[i] = table[at] - 1;
    }
    int bad = !place || !table;
    if (!bad) { g->n = kept; graph_move_outputs(g, g, place); }
    PyMem_Free(place);
    PyMem_Free(table);
    return -bad;
}

int lower_dead(Graph *g) {
    int32_t *place = numbers_new(g->n, sizeof *place, 1);  /* first: is it needed? */
    if (!place) return -1;
    for (int32_t i = 0; i < g->output_count; i++) place[g->outputs[i]] = 1;
    for (int32_t i = g->n; i-- > 0;) {
        if (!place[i]) continue;
        for (int32_t a = g->start[i]; a < g->start[i + 1]; a++) place[g->args[a]] = 1;
    }
    int32_t kept = 0, from = 0;
    for (int32_t i = 0; i < g->n; i++) {
        int32_t end = g->start[i + 1], to = g->start[kept];
        if (place[i]) {
            g->op[kept] = g->op[i];
            g->number[kept] = g->number[i];
            for (int32_t a = from; a < end; a++) g->args[to++] = place[g->args[a]];
            g->start[kept + 1] = to;
            place[i] = kept++;
        }
        from = end;
    }
    g->n = kept;
    graph_move_outputs(g, g, place);
    PyMem_Free(place);
    return 0;
}
