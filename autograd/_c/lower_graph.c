/* A graph under construction, and what the passes ask about one. */
#include "lower.h"

void graph_free(Graph *g) {
    PyMem_Free(g->op);
    PyMem_Free(g->start);
    PyMem_Free(g->args);
    PyMem_Free(g->number);
    PyMem_Free(g->outputs);
    *g = (Graph){0};
}

/* An empty graph with room for so much, and with the outputs still to be moved from `like`. */
int graph_new(Graph *g, const Graph *like, int64_t nodes, int64_t args) {
    *g = (Graph){.output_count = like->output_count, .parameters = like->parameters, .columns = like->columns, .room = nodes, .args_room = args};
    if ((g->op = numbers_new(nodes, sizeof *g->op, 0)) && (g->start = numbers_new(nodes, sizeof *g->start, 0))
        && (g->args = numbers_new(args, sizeof *g->args, 0)) && (g->number = numbers_new(nodes, sizeof *g->number, 0))
        && (g->outputs = numbers_new(like->output_count, sizeof *g->outputs, 0))) {
        g->start[0] = 0;
        return 0;
    }
    graph_free(g);
    return -1;
}

static int resized(void *array, int64_t room, size_t each) {
    void **to = array, *p = PyMem_Realloc(*to, ((size_t)room + 1) * each);
    if (!p) { PyErr_NoMemory(); return -1; }
    *to = p;
    return 0;
}

int32_t graph_add(Graph *g, uint8_t op, int32_t size, double number) {
    int32_t i = g->n;
    int64_t end = (int64_t)g->start[i] + size;
    if (end > INT32_MAX || i == INT32_MAX) { PyErr_NoMemory(); return -1; }
    if (i == g->room) {
        g->room += g->room / 2 + 16;
        if (resized(&g->op, g->room, sizeof *g->op) < 0 || resized(&g->start, g->room, sizeof *g->start) < 0
            || resized(&g->number, g->room, sizeof *g->number) < 0) return -1;
    }
    if (end > g->args_room) {
        g->args_room = end + end / 2;
        if (resized(&g->args, g->args_room, sizeof *g->args) < 0) return -1;
    }
    g->op[i] = op;
    g->number[i] = number;
    g->start[i + 1] = (int32_t)end;
    g->n++;
    return i;
}

void graph_move_outputs(Graph *to, const Graph *from, const int32_t *place) {
    for (int32_t i = 0; i < from->output_count; i++) to->outputs[i] = place[from->outputs[i]];
}

/* For each node: is it the same for every sample? */
uint8_t *graph_uniform(const Graph *g) {
    uint8_t *same = numbers_new(g->n, sizeof *same, 0);
    for (int32_t i = 0; same && i < g->n; i++) {
        same[i] = g->op[i] != INPUT;
        for (int32_t a = g->start[i]; a < g->start[i + 1]; a++) same[i] &= same[g->args[a]];
    }
    return same;
}

/* For each node the length of the longest path to it, over nodes of its own kind. */
int32_t *graph_levels(const Graph *g, const uint8_t *same, int32_t *deepest) {
    int32_t *level = numbers_new(g->n, sizeof *level, 0);
    *deepest = 0;
    for (int32_t i = 0; level && i < g->n; i++) {
        int32_t most = g->op[i] < LEAVES ? -1 : 0;
        for (int32_t a = g->start[i]; a < g->start[i + 1]; a++) {
            int32_t x = g->args[a];
            if (same[x] == same[i] && level[x] > most) most = level[x];
        }
        level[i] = most + 1;
        if (level[i] > *deepest) *deepest = level[i];
    }
    return level;
}
