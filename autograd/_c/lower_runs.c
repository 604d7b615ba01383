/* runs: level by level, nodes of one operation and size become a run. The twin is passes/runs.py. */
#include "lower.h"

/* Merges upwards from short pieces; pieces that are in order already are left alone. */
void sort_rows(Row *rows, Row *spare, int64_t n, int (*less)(const Order *, int32_t, int32_t), const Order *order) {
#define LESS(p, q) ((p).key != (q).key ? (p).key < (q).key : less(order, (p).node, (q).node))
    enum { PIECE = 8 };
    for (int64_t a = 0; a < n; a += PIECE) {
        int64_t end = a + PIECE < n ? a + PIECE : n;
        for (int64_t i = a + 1; i < end; i++) {
            Row row = rows[i];
            int64_t j = i;
            for (; j > a && LESS(row, rows[j - 1]); j--) rows[j] = rows[j - 1];
            rows[j] = row;
        }
    }
    for (int64_t width = PIECE; width < n; width *= 2)
        for (int64_t a = 0; a + width < n; a += 2 * width) {
            int64_t middle = a + width, end = middle + width < n ? middle + width : n;
            if (!LESS(rows[middle], rows[middle - 1])) continue;
            memcpy(spare, rows + a, (size_t)width * sizeof *rows);
            int64_t i = 0, j = middle, to = a;
            while (i < width && j < end) rows[to++] = LESS(rows[j], spare[i]) ? rows[j++] : spare[i++];
            memcpy(rows + to, spare + i, (size_t)(width - i) * sizeof *rows);
        }
#undef LESS
}

static int by_number(const Order *order, int32_t a, int32_t b) { (void)order; return a < b; }

/* Dots of one size by their x, then by number. */
static int by_x(const Order *o, int32_t a, int32_t b) {
    int32_t k = size_of(o->g, a) / 2;
    const int32_t *x = args_of(o->g, a) + k, *y = args_of(o->g, b) + k;
    for (int32_t i = 0; i < k; i++) if (x[i] != y[i]) return x[i] < y[i];
    return a < b;
}
static int same_x(const Graph *g, const Row *a, const Row *b) {
    int32_t k = size_of(g, a->node) / 2;
    return a->key == b->key && memcmp(args_of(g, a->node) + k, args_of(g, b->node) + k, (size_t)k * sizeof(int32_t)) == 0;
}

/* The runs of the n nodes of one level, which stand in rows[], by number. Dots of one x are one product. */
static int write_level(Runs *runs, int32_t *slot, const Graph *g, const Codes *codes, Row *rows, Row *spare, int32_t n, int per_sample) {
    Order order = {g, slot};
    int32_t product = codes->count, take = codes->count + 1, dots = 0;
    for (int32_t i = 0; i < n; i++) {
        int32_t node = rows[i].node, code = g->op[node], op = codes->operation[code];
        uint32_t size = op == SUM || op == LOGSUMEXP ? 0 : (uint32_t)size_of(g, node);
        rows[i].key = (uint64_t)(op == RUN_TAKE ? take : op == DOT ? product : code) << 32 | size;
        dots += op == DOT;
    }
    sort_rows(rows, spare, n, by_number, &order);
    if (dots) {  /* all of them as products first: then those that share no x are seen */
        int32_t a = 0;
        while ((int32_t)(rows[a].key >> 32) != product) a++;
        int32_t end = a + dots;
        sort_rows(rows + a, spare, dots, by_x, &order);
        for (int32_t i = a, next; i < end; i = next) {
            for (next = i + 1; next < end && same_x(g, &rows[i], &rows[next]); next++) {}
            if (next == i + 1) rows[i].key = (uint64_t)codes->dot << 32 | (uint32_t)rows[i].key;
        }
        /* A merge of two orders: by number where it is a dot again, by x where it stays a product. */
        int32_t single = 0;
        for (int32_t i = a; i < end; i++) if ((int32_t)(rows[i].key >> 32) == codes->dot) spare[single++] = rows[i];
        for (int32_t i = end, to = end; i-- > a;) if ((int32_t)(rows[i].key >> 32) == product) rows[--to] = rows[i];
        memcpy(rows + a, spare, (size_t)single * sizeof *rows);
        sort_rows(rows, spare, a + single, by_number, &order);
    }
    for (int32_t i = 0, next; i < n; i = next) {
        int32_t code = (int32_t)(rows[i].key >> 32);
        for (next = i + 1; next < n && rows[next].key == rows[i].key && (code != product || same_x(g, &rows[i], &rows[next])); next++) {}
        if (write_run(runs, slot, g, codes, rows + i, spare, next - i, code, per_sample) < 0) return -1;
    }
    return 0;
}

/* The nodes level by level: at ends[l] is where those of level l end. */
static int32_t *by_level(const Graph *g, const uint8_t *same, const int32_t *level, int32_t deepest, int uniform, int32_t *ends) {
    int32_t n = 0;
    memset(ends, 0, ((size_t)deepest + 2) * sizeof *ends);
    for (int32_t i = 0; i < g->n; i++) if (g->op[i] >= LEAVES && same[i] == uniform) { ends[level[i] + 1]++; n++; }
    for (int32_t l = 0; l <= deepest; l++) ends[l + 1] += ends[l];
    int32_t *order = numbers_new(n, sizeof *order, 0);
    if (order) for (int32_t i = 0; i < g->n; i++) if (g->op[i] >= LEAVES && same[i] == uniform) order[ends[level[i]]++] = i;
    return order;
}

static int write_levels(Runs *runs, int32_t *slot, const Graph *g, const Codes *codes, const uint8_t *same, const int32_t *level, int32_t deepest, int uniform) {
    int32_t *ends = numbers_new((int64_t)deepest + 1, sizeof *ends, 0), *order = NULL, widest = 0;
    Row *rows = NULL, *spare = NULL;
    int bad = !ends || !(order = by_level(g, same, level, deepest, uniform, ends));
    for (int32_t l = 0; !bad && l <= deepest; l++) {
        int32_t n = ends[l] - (l ? ends[l - 1] : 0);
        if (n > widest) widest = n;
    }
    bad = bad || !(rows = numbers_new(widest, sizeof *rows, 0)) || !(spare = numbers_new(widest, sizeof *spare, 0));
    for (int32_t l = 0; !bad && l <= deepest; l++) {
        int32_t from = l ? ends[l - 1] : 0, n = ends[l] - from;
        for (int32_t i = 0; i < n; i++) rows[i] = (Row){.node = order[from + i]};
        bad = write_level(runs, slot, g, codes, rows, spare, n, !uniform) < 0;
    }
    PyMem_Free(ends);
    PyMem_Free(order);
    PyMem_Free(rows);
    PyMem_Free(spare);
    return -bad;
}

int lower_runs(Runs *runs, int32_t *slot, const Graph *g, const Codes *codes, const uint8_t *same, const int32_t *level, int32_t deepest) {
    runs->slots = g->parameters;
    for (int32_t i = 0; i < g->n; i++) {
        if (g->op[i] == PARAM) slot[i] = (int32_t)g->number[i];
        else if (g->op[i] == CONST) slot[i] = runs->slots++;
    }
    if (write_levels(runs, slot, g, codes, same, level, deepest, 1) < 0) return -1;
    runs->uniform_end = runs->slots;
    for (int32_t i = 0; i < g->n; i++) if (g->op[i] == INPUT) slot[i] = runs->slots + (int32_t)g->number[i];
    runs->slots += g->columns;
    return write_levels(runs, slot, g, codes, same, level, deepest, 0);
}
