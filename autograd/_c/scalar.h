/* One number a slot: what is uniform, and a whole program where there is one sample. Included by kernels.h. */

/* Loops whose turns are independent: results lie in slots that no operand of the run has. */
#define EACH(i, n) IVDEP for (int32_t i = 0; i < (n); i++)

/* The place of an index in a table, Python's way: -1 is the last. -1, and a note of it, where there is none. */
LANE int32_t place_in(double index, int32_t entries, int64_t sample, BadIndex *bad) {
    double at = index < 0 ? index + entries : index;
    if (at >= 0 && at < entries && at == floor(at)) return (int32_t)at;
    if (bad->sample < 0) *bad = (BadIndex){sample, entries, index};
    return -1;
}

enum { GATHERED = 1024 };  /* a product's x that is longer is not gathered first */

static real scalar_dot(const real *v, const int32_t *w, const int32_t *x, int32_t k, real start) {
    real a = start, b = 0, c = 0, d = 0;
    int32_t i = 0;
    for (; i + 4 <= k; i += 4) {
        a += v[w[i]] * v[x[i]];
        b += v[w[i + 1]] * v[x[i + 1]];
        c += v[w[i + 2]] * v[x[i + 2]];
        d += v[w[i + 3]] * v[x[i + 3]];
    }
    for (; i < k; i++) a += v[w[i]] * v[x[i]];
    return (a + b) + (c + d);
}
static void scalar_dot_back(const real *v, real *g, const int32_t *w, const int32_t *x, int32_t k, real upstream) {
    for (int32_t i = 0; i < k; i++) {
        g[w[i]] += upstream * v[x[i]] + 0;
        g[x[i]] += upstream * v[w[i]] + 0;
    }
}

LANE real sum_of(vector x) {
    real part[WIDTH];
    memcpy(part, &x, sizeof x);
    real sum = 0;
    for (unsigned q = 0; q < WIDTH; q++) sum += part[q];
    return sum;
}
/* `rows` rows of a product at once, which share what they load of x. */
LANE void scalar_rows(int rows, real *out, const real *v, const int32_t *w, const real *x, int32_t k) {
    vector sum[4];
    const real *a[4];
    for (int r = 0; r < rows; r++) { sum[r] = (vector){0}; a[r] = v + w[(size_t)r * k]; }
    int32_t j = 0;
    for (; j + (int32_t)WIDTH <= k; j += WIDTH)
        for (int r = 0; r < rows; r++) sum[r] += *(const loose_vector *)(a[r] + j) * *(const loose_vector *)(x + j);
    for (int r = 0; r < rows; r++) {
        real s = sum_of(sum[r]);
        for (int32_t i = j; i < k; i++) s += a[r][i] * x[i];
        out[r] += s;
    }
}
static void scalar_product(const Run *r, real *v) {
    const int32_t n = r->n, k = r->k, *w = r->args + 3, *x = w + (size_t)n * k, *bias = x + k;
    real *out = v + r->out, gathered[GATHERED];
    if (!r->w_together || (!r->x_together && k > GATHERED) || k == 0) {
        for (int32_t i = 0; i < n; i++) out[i] = scalar_dot(v, w + (size_t)i * k, x, k, r->has_bias ? v[bias[i]] : 0);
        return;
    }
    const real *xs = v + x[0];
    if (!r->x_together) {
        for (int32_t i = 0; i < k; i++) gathered[i] = v[x[i]];
        xs = gathered;
    }
    for (int32_t i = 0; i < n; i++) out[i] = r->has_bias ? v[bias[i]] : 0;
    int32_t i = 0;
    for (; i + 4 <= n; i += 4) scalar_rows(4, out + i, v, w + (size_t)i * k, xs, k);
    for (; i < n; i++) scalar_rows(1, out + i, v, w + (size_t)i * k, xs, k);
}
static void scalar_product_back(const Run *r, const real *v, real *g) {
    const int32_t n = r->n, k = r->k, *w = r->args + 3, *x = w + (size_t)n * k, *bias = x + k;
    const real *upstream = g + r->out;
    if (r->has_bias) for (int32_t i = 0; i < n; i++) g[bias[i]] += upstream[i];
    if (!r->w_together || k > GATHERED || k == 0 || !r->certain) {
        for (int32_t i = 0; i < n; i++) if (r->certain || !unreached(upstream[i])) scalar_dot_back(v, g, w + (size_t)i * k, x, k, upstream[i]);
        return;
    }
    real xs[GATHERED], xg[GATHERED];
    for (int32_t j = 0; j < k; j++) { xs[j] = v[x[j]]; xg[j] = 0; }
    for (int32_t i = 0; i < n; i++) {
        const real u = upstream[i], *ws = v + w[(size_t)i * k];
        real *wg = g + w[(size_t)i * k];
        IVDEP for (int32_t j = 0; j < k; j++) { wg[j] += u * xs[j]; xg[j] += u * ws[j]; }
    }
    for (int32_t j = 0; j < k; j++) g[x[j]] += xg[j];
}

static void scalar_forward(const Run *run, const Run *end, real *at, int64_t sample, BadIndex *bad) {
    for (; run < end; run++) {
        const int32_t n = run->n, *restrict a = run->args, *restrict c = a + n;
        real *restrict out = at + run->out;
        switch (run->op) {
#define ONE(OP, name, method, V, DX) case OP: EACH(i, n) { const real x = at[a[i]]; out[i] = (real)(V); } break;
#define TWO(OP, name, V, DX, DY) case OP: EACH(i, n) { const real x = at[a[i]], y = at[c[i]]; out[i] = (real)(V); } break;
        UNARY_RULES(ONE)
        BINARY_RULES(TWO)
#undef ONE
#undef TWO
        case WHERE:
            EACH(i, n) out[i] = at[a[i]] != 0 ? at[c[i]] : at[c[n + i]];
            break;
        case SUM:
            for (int32_t i = 0; i < n; c += a[i++]) {
                real s = 0;
                for (int32_t j = 0; j < a[i]; j++) s += at[c[j]];
                out[i] = s;
            }
            break;
        case LOGSUMEXP:
            for (int32_t i = 0; i < n; c += a[i++]) {
                real top = -INFINITY, s = 0;
                for (int32_t j = 0; j < a[i]; j++) top = (real)larger(top, at[c[j]]);
                if (isfinite(top)) {
                    for (int32_t j = 0; j < a[i]; j++) s += (real)exp(at[c[j]] - top);
                    top += (real)log(s);
                }
                out[i] = top;
            }
            break;
        case DOT: {
            const int32_t k = a[0], both = 2 * k + a[1];
            const int32_t *w = a + 2;
            for (int32_t i = 0; i < n; i++, w += both) out[i] = scalar_dot(at, w, w + k, k, a[1] ? at[w[2 * k]] : 0);
            break;
        }
        case RUN_PRODUCT:
            scalar_product(run, at);
            break;
        case RUN_TAKE: {
            const int32_t k = a[0];
            const int32_t *s = a + 1;
            for (int32_t i = 0; i < n; i++, s += k + 1) {
                int32_t found = place_in(at[s[0]], k, sample, bad);
                out[i] = found < 0 ? (real)NAN : at[s[1 + found]];
            }
            break;
        }
        default: break;
        }
    }
}

/* Downwards, as the runs go: the slots are one stream. */
#define DOWN(i, n) for (int32_t i = (n); i-- > 0;)
#define SCALAR_OPERANDS if (unsure && unreached(gs[i])) continue; const real x = at[a[i]], y = at[c[i]], v = vs[i]; (void)x; (void)y; (void)v
static void scalar_backward(const Run *first, const Run *run, const real *at, real *g) {
    while (run-- > first) {
        if (!run->x_active && !run->y_active) continue;
        const int unsure = !run->certain;
        const int32_t n = run->n, *restrict a = run->args, *restrict c = a + n;
        const real *vs = at + run->out, *gs = g + run->out;
        switch (run->op) {
#define ONE(OP, name, method, V, DX) \
        case OP: DOWN(i, n) { if (unsure && unreached(gs[i])) continue; const real x = at[a[i]], v = vs[i]; (void)x; (void)v; g[a[i]] += gs[i] * (real)(DX) + 0; } break;
#define TWO(OP, name, V, DX, DY) \
        case OP: \
            if (!run->y_active) DOWN(i, n) { SCALAR_OPERANDS; g[a[i]] += gs[i] * (real)(DX) + 0; } \
            else if (!run->x_active) DOWN(i, n) { SCALAR_OPERANDS; g[c[i]] += gs[i] * (real)(DY) + 0; } \
            else DOWN(i, n) { SCALAR_OPERANDS; real to_x = gs[i] * (real)(DX) + 0, to_y = gs[i] * (real)(DY) + 0; g[a[i]] += to_x; g[c[i]] += to_y; } \
            break;
        UNARY_RULES(ONE)
        BINARY_RULES(TWO)
#undef ONE
#undef TWO
        case WHERE:
            DOWN(i, n) g[at[a[i]] != 0 ? c[i] : c[n + i]] += gs[i];
            break;
        case SUM:
            for (int32_t i = 0; i < n; c += a[i++]) for (int32_t j = 0; j < a[i]; j++) g[c[j]] += gs[i];
            break;
        case LOGSUMEXP:
            for (int32_t i = 0; i < n; c += a[i++]) {
                if (unsure && unreached(gs[i])) continue;
                for (int32_t j = 0; j < a[i]; j++) g[c[j]] += gs[i] * (real)exp(at[c[j]] - vs[i]) + 0;
            }
            break;
        case DOT: {
            const int32_t k = a[0], both = 2 * k + a[1];
            const int32_t *w = a + 2;
            for (int32_t i = 0; i < n; i++, w += both) {
                if (unsure && unreached(gs[i])) continue;
                scalar_dot_back(at, g, w, w + k, k, gs[i]);
                if (a[1]) g[w[2 * k]] += gs[i];
            }
            break;
        }
        case RUN_PRODUCT:
            scalar_product_back(run, at, g);
            break;
        case RUN_TAKE: {
            const int32_t k = a[0];
            const int32_t *s = a + 1;
            BadIndex none = {0};  /* the forward pass told of it */
            for (int32_t i = 0; i < n; i++, s += k + 1) {
                int32_t found = place_in(at[s[0]], k, 0, &none);
                if (found >= 0) g[s[1 + found]] += gs[i];
            }
            break;
        }
        default: break;
        }
    }
}
