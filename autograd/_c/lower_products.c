/* products: dots that read one vector are turned so that they can become one matrix product. The twin is
 * passes/products.py. A side is one of the two vectors of a dot. */
#include "lower.h"

typedef struct { const Graph *g; const uint8_t *same; const int32_t *level, *dots; } Sides;

static const int32_t *vector_of(const Sides *s, int64_t side, int32_t *k) {
    int32_t i = s->dots[side / 2];
    *k = size_of(s->g, i) / 2;
    return args_of(s->g, i) + (side % 2) * *k;
}
static uint64_t hash_of(const Sides *s, int64_t side) {
    int32_t i = s->dots[side / 2], k;
    const int32_t *v = vector_of(s, side, &k);
    uint64_t h = ((uint64_t)s->level[i] << 32 | (uint32_t)size_of(s->g, i)) * 2 + s->same[i];
    for (int32_t a = 0; a < k; a++) { h = (h ^ (uint32_t)v[a]) * 0x9E3779B97F4A7C15u; h ^= h >> 29; }
    return h * 0x9E3779B97F4A7C15u >> 20;
}
static int is_equal(const Sides *s, int64_t a, int64_t b) {
    int32_t i = s->dots[a / 2], j = s->dots[b / 2], k;
    if (s->same[i] != s->same[j] || s->level[i] != s->level[j] || size_of(s->g, i) != size_of(s->g, j)) return 0;
    const int32_t *x = vector_of(s, a, &k);
    return memcmp(x, vector_of(s, b, &k), (size_t)k * sizeof *x) == 0;
}

int lower_products(Graph *g, const Codes *codes, const uint8_t *same, const int32_t *level) {
    int64_t n = 0;
    for (int32_t i = 0; i < g->n; i++) n += g->op[i] == codes->dot;
    if (n == 0) return 0;
    size_t room = 16;
    while (room < (size_t)n * 3) room *= 2;
    int32_t *dots = numbers_new(n, sizeof *dots, 0);
    int64_t *table = numbers_new((int64_t)room, sizeof *table, 1);  /* side + 1 */
    int64_t *first = numbers_new(2 * n, sizeof *first, 0);          /* the first side that has the same vector */
    int32_t *readers = numbers_new(2 * n, sizeof *readers, 1);      /* of that first one */
    int bad = !dots || !table || !first || !readers;
    if (!bad) {
        Sides s = {g, same, level, dots};
        n = 0;
        for (int32_t i = 0; i < g->n; i++) if (g->op[i] == codes->dot) dots[n++] = i;
        for (int64_t side = 0; side < 2 * n; side++) {
            size_t at = hash_of(&s, side) & (room - 1);
            while (table[at] && !is_equal(&s, table[at] - 1, side)) at = (at + 1) & (room - 1);
            if (!table[at]) table[at] = side + 1;
            first[side] = table[at] - 1;
            /* A dot of a vector with itself has it once. */
            if (side % 2 == 0 || first[side] != first[side - 1]) readers[first[side]]++;
        }
        for (int64_t j = 0; j < n; j++) {
            if (readers[first[2 * j]] <= readers[first[2 * j + 1]]) continue;
            int32_t k = size_of(g, dots[j]) / 2, *w = args_of(g, dots[j]);
            for (int32_t a = 0; a < k; a++) { int32_t x = w[a]; w[a] = w[k + a]; w[k + a] = x; }
        }
    }
    PyMem_Free(dots);
    PyMem_Free(table);
    PyMem_Free(first);
    PyMem_Free(readers);
    return -bad;
}
