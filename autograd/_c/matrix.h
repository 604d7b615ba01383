/* Matrix products on lanes, by tiles that stay in registers. Included by kernels.h, which defines `real`.
 *
 * A matrix of lanes is a row of pointers, one to the lanes of each slot. The packed weights of a product lie row after
 * row, each padded with zeros to k_padded. */

#if defined(__GNUC__)
typedef real vector __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef real loose_vector __attribute__((vector_size(VECTOR_BYTES), may_alias, aligned(sizeof(real))));
enum { WIDTH = VECTOR_BYTES / sizeof(real) };
#else
typedef real vector, loose_vector;
enum { WIDTH = 1 };
#endif
#define LOAD(p) (*(const vector *)(p))
#define STORE(p, x) (*(vector *)(p) = (x))

/* to[row] (+)= Σ_i a[row · by_row + i · by_term] · from[i], for `rows` rows and `vectors` vectors of lanes from j on.
 * Two rows may be the same lanes: each adds to what the one before it wrote. */
LANE void tile(int rows, int vectors, real *const *to, int add, const real *a, ptrdiff_t by_row, ptrdiff_t by_term,
               const real *const *from, int terms, int j) {
    vector sum[4][4];
    for (int r = 0; r < rows; r++) for (int q = 0; q < vectors; q++) sum[r][q] = (vector){0};
    for (int i = 0; i < terms; i++) {
        const real *x = from[i] + j, *w = a + i * by_term;
        vector lanes[4];
        for (int q = 0; q < vectors; q++) lanes[q] = LOAD(x + q * WIDTH);
        for (int r = 0; r < rows; r++) for (int q = 0; q < vectors; q++) sum[r][q] += w[r * by_row] * lanes[q];
    }
    for (int r = 0; r < rows; r++) for (int q = 0; q < vectors; q++) {
        real *p = to[r] + j + q * WIDTH;
        if (add) sum[r][q] += LOAD(p);
        STORE(p, sum[r][q]);
    }
}
LANE void rows_of_tiles(int rows, real *const *to, int add, const real *a, ptrdiff_t by_row, ptrdiff_t by_term,
                        const real *const *from, int terms, int lanes) {
    int j = 0;
    for (; j + 2 * WIDTH <= lanes; j += 2 * WIDTH) tile(rows, 2, to, add, a, by_row, by_term, from, terms, j);
    for (; j < lanes; j += WIDTH) tile(rows, 1, to, add, a, by_row, by_term, from, terms, j);
}
/* to = (to +) A · from, where A has `rows` rows. */
static void product_of_lanes(real *const *to, int rows, int add, const real *a, ptrdiff_t by_row, ptrdiff_t by_term,
                             const real *const *from, int terms, int lanes) {
    int r = 0;
    for (; r + 4 <= rows; r += 4) rows_of_tiles(4, to + r, add, a + r * by_row, by_row, by_term, from, terms, lanes);
    a += r * by_row;
    if (rows - r == 3) rows_of_tiles(3, to + r, add, a, by_row, by_term, from, terms, lanes);
    else if (rows - r == 2) rows_of_tiles(2, to + r, add, a, by_row, by_term, from, terms, lanes);
    else if (rows - r == 1) rows_of_tiles(1, to + r, add, a, by_row, by_term, from, terms, lanes);
}

/* to[lane][i] = from[i][lane]; each lane's row is padded with zeros. */
static void transpose(real *to, const real *const *from, int rows, int padded, int lanes) {
    for (int i = 0; i < rows; i++) {
        const real *x = from[i];
        for (int j = 0; j < lanes; j++) to[(size_t)j * padded + i] = x[j];
    }
    for (int i = rows; i < padded; i++) for (int j = 0; j < lanes; j++) to[(size_t)j * padded + i] = 0;
}

/* g[row][i..] += Σ_lane upstream[row][lane] · x[lane][i..], over lanes of real samples only. */
LANE void outer_tile(int rows, int vectors, real *g, const real *const *upstream, const real *x, int padded, int valid) {
    vector sum[4][4];
    for (int r = 0; r < rows; r++) for (int q = 0; q < vectors; q++) sum[r][q] = LOAD(g + (size_t)r * padded + q * WIDTH);
    const real *u[4];
    for (int r = 0; r < rows; r++) u[r] = upstream[r];
    for (int j = 0; j < valid; j++, x += padded) {
        vector lanes[4];
        for (int q = 0; q < vectors; q++) lanes[q] = LOAD(x + q * WIDTH);
        for (int r = 0; r < rows; r++) for (int q = 0; q < vectors; q++) sum[r][q] += u[r][j] * lanes[q];
    }
    for (int r = 0; r < rows; r++) for (int q = 0; q < vectors; q++) STORE(g + (size_t)r * padded + q * WIDTH, sum[r][q]);
}
LANE void rows_of_outer_tiles(int rows, real *g, const real *const *upstream, const real *x, int used, int padded, int valid) {
    int i = 0;
    for (; i + WIDTH < used; i += 2 * WIDTH) outer_tile(rows, 2, g + i, upstream, x + i, padded, valid);
    for (; i < used; i += WIDTH) outer_tile(rows, 1, g + i, upstream, x + i, padded, valid);
}
/* `used` columns of g matter; those up to a whole vector more are written, with zeros added. */
static void add_outer_product(real *g, const real *const *upstream, int rows, const real *x, int used, int padded, int valid) {
    int r = 0;
    for (; r + 4 <= rows; r += 4) rows_of_outer_tiles(4, g + (size_t)r * padded, upstream + r, x, used, padded, valid);
    g += (size_t)r * padded;
    if (rows - r == 3) rows_of_outer_tiles(3, g, upstream + r, x, used, padded, valid);
    else if (rows - r == 2) rows_of_outer_tiles(2, g, upstream + r, x, used, padded, valid);
    else if (rows - r == 1) rows_of_outer_tiles(1, g, upstream + r, x, used, padded, valid);
}

/* Sums in eight parts (a fixed order, whatever the instruction set). Of nothing but -0 they are -0. */
#define IN_EIGHT(TERM) do { \
        real part[8] = {-0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0}; \
        int j = 0; \
        for (; j + 8 <= n; j += 8) for (int q = 0; q < 8; q++) part[q] += (TERM(j + q)); \
        for (; j < n; j++) part[j % 8] += (TERM(j)); \
        return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7])); } while (0)
static real total(const real *x, int n) {
#define TERM(j) x[j]
    IN_EIGHT(TERM);
#undef TERM
}
static real inner(const real *x, const real *y, int n) {
#define TERM(j) x[j] * y[j]
    IN_EIGHT(TERM);
#undef TERM
}
