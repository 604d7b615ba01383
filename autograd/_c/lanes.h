/* Many samples side by side: a slot of the samples is `lanes` numbers, a multiple of 8. The last block may have fewer
 * samples than lanes; it repeats its last one. Nothing of those lanes may reach a parameter, so sums go over the first
 * `valid` lanes alone. Included by kernels.h. */

typedef struct {
    const Plan *plan;
    const real *u, *packed;         /* uniform slots, packed weights */
    real *ug, *packed_g;            /* their gradients */
    real *v, *g;                    /* from the first slot of the samples on */
    real *rows, *transposed, *temporary;
    const real **from;
    real **to;
    const real *unsure;             /* what came to the result at hand, where its run is not certain; else NULL */
    int lanes, valid;
    int64_t sample;
    BadIndex *bad;
} Block;

#define LANES(j) IVDEP for (int j = 0; j < L; j++)
#define LANE_COUNT const int L = b->lanes & ~7
LANE size_t lane_offset(const Block *b, int32_t slot) { return (size_t)(slot - b->plan->uniform_end) * (size_t)b->lanes; }
LANE int is_uniform(const Block *b, int32_t slot) { return slot < b->plan->uniform_end; }

/* The values of an operand on all lanes; those of a uniform one are written to `room`. */
LANE const real *values(const Block *b, int32_t slot, real *room) {
    if (!is_uniform(b, slot)) return b->v + lane_offset(b, slot);
    LANE_COUNT;
    const real x = b->u[slot];
    LANES(j) room[j] = x;
    return room;
}
/* Where the gradient of an operand is added to, or NULL where nobody wants it. What a uniform one gets is gathered in
 * `room`, and summed over the samples by `settle`, which also leaves out the lanes that nothing was sent to. */
LANE real *gradient(const Block *b, int32_t slot, real *room) {
    if (!b->plan->active[slot]) return NULL;
    if (!is_uniform(b, slot) && !b->unsure) return b->g + lane_offset(b, slot);
    LANE_COUNT;
    LANES(j) room[j] = (real)-0.0;
    return room;
}
LANE void settle(const Block *b, int32_t slot, real *room) {
    LANE_COUNT;
    if (b->unsure) LANES(j) room[j] = unreached(b->unsure[j]) ? (real)-0.0 : room[j];
    if (is_uniform(b, slot)) b->ug[slot] += total(room, b->valid);
    else if (b->unsure) {
        real *to = b->g + lane_offset(b, slot);
        LANES(j) to[j] += room[j];
    }
}
LANE real *room(const Block *b, int i) { return b->temporary + (size_t)i * LANES_MAX; }

/* ---- Dots whose operands are of any kind ---- */
static void lane_dot(const Block *b, real *out, const int32_t *w, const int32_t *x, int32_t k, int32_t bias) {
    LANE_COUNT;
    const real *start = bias < 0 ? NULL : values(b, bias, room(b, 0));
    if (start) LANES(j) out[j] = start[j];
    else LANES(j) out[j] = 0;
    for (int32_t i = 0; i < k; i += 4) {
        const int terms = k - i < 4 ? k - i : 4;
        const real *ws[4], *xs[4];
        int weights = 0;  /* terms of a uniform factor and one of the samples */
        real c[4] = {0};
        for (int q = 0; q < terms; q++) {
            int32_t s = w[i + q], t = x[i + q];
            if (is_uniform(b, t)) { int32_t swap = s; s = t; t = swap; }
            xs[q] = values(b, t, room(b, 4 + q));
            if (is_uniform(b, s)) { c[q] = b->u[s]; weights++; }
        }
        if (weights == terms) {
            for (int q = terms; q < 4; q++) xs[q] = xs[0];
            if (terms == 4) LANES(j) out[j] += c[0] * xs[0][j] + c[1] * xs[1][j] + c[2] * xs[2][j] + c[3] * xs[3][j];
            else for (int q = 0; q < terms; q++) LANES(j) out[j] += c[q] * xs[q][j];
            continue;
        }
        for (int q = 0; q < terms; q++) {
            ws[q] = values(b, w[i + q], room(b, q));
            xs[q] = values(b, x[i + q], room(b, 4 + q));
        }
        if (terms == 4) LANES(j) out[j] += ws[0][j] * xs[0][j] + ws[1][j] * xs[1][j] + ws[2][j] * xs[2][j] + ws[3][j] * xs[3][j];
        else for (int q = 0; q < terms; q++) LANES(j) out[j] += ws[q][j] * xs[q][j];
    }
}
/* upstream · the value of `other`, to the gradient of `slot`. */
LANE void send_product(const Block *b, int32_t slot, int32_t other, const real *upstream) {
    if (!b->plan->active[slot]) return;
    LANE_COUNT;
    if (b->unsure) {
        real *to = gradient(b, slot, room(b, 7));
        const real *x = values(b, other, room(b, 6));
        LANES(j) to[j] += x[j] * upstream[j] + 0;
        settle(b, slot, to);
        return;
    }
    if (is_uniform(b, slot)) {
        b->ug[slot] += is_uniform(b, other) ? b->u[other] * total(upstream, b->valid) : inner(upstream, b->v + lane_offset(b, other), b->valid);
        return;
    }
    real *to = b->g + lane_offset(b, slot);
    if (is_uniform(b, other)) {
        const real c = b->u[other];
        LANES(j) to[j] += c * upstream[j];
    } else {
        const real *x = b->v + lane_offset(b, other);
        LANES(j) to[j] += x[j] * upstream[j];
    }
}
LANE void send(const Block *b, int32_t slot, const real *upstream) {
    if (!b->plan->active[slot]) return;
    LANE_COUNT;
    if (is_uniform(b, slot)) { b->ug[slot] += total(upstream, b->valid); return; }
    real *to = b->g + lane_offset(b, slot);
    LANES(j) to[j] += upstream[j];
}
static void lane_dot_back(const Block *b, const real *upstream, const int32_t *w, const int32_t *x, int32_t k, int32_t bias) {
    for (int32_t i = 0; i < k; i++) {
        send_product(b, w[i], x[i], upstream);
        send_product(b, x[i], w[i], upstream);
    }
    if (bias >= 0) send(b, bias, upstream);
}

/* Whether something was sent to each result, from every sample: then a run that is not certain goes the way of one that is. */
LANE int all_reached(const Block *b, const real *upstream, int32_t n) {
    LANE_COUNT;
    int missing = 0;
    for (int32_t i = 0; i < n && !missing; i++, upstream += L)
        for (int j = 0; j < b->valid; j++) missing |= unreached(upstream[j]);
    return !missing;
}

/* ---- Products ---- */
static void lane_product(const Block *b, const Run *r, real *out) {
    LANE_COUNT;
    const int32_t n = r->n, k = r->k, *w = r->args + 3, *x = w + (size_t)n * k, *bias = x + k;
    if (!r->matrix) {
        for (int32_t i = 0; i < n; i++) lane_dot(b, out + (size_t)i * L, w + (size_t)i * k, x, k, r->has_bias ? bias[i] : -1);
        return;
    }
    for (int32_t i = 0; i < k; i++) b->from[i] = values(b, x[i], b->rows + (size_t)i * L);
    for (int32_t i = 0; i < n; i++) {
        real *row = b->to[i] = out + (size_t)i * L;
        if (!r->has_bias) continue;
        const real *start = values(b, bias[i], row);
        if (start != row) LANES(j) row[j] = start[j];
    }
    product_of_lanes(b->to, n, r->has_bias, b->packed + r->packed, r->k_padded, 1, b->from, k, L);
}
static void lane_product_back(Block *b, const Run *r, const real *upstream) {
    LANE_COUNT;
    const int32_t n = r->n, k = r->k, *w = r->args + 3, *x = w + (size_t)n * k, *bias = x + k;
    if (!r->matrix || !(r->certain || all_reached(b, upstream, n))) {
        for (int32_t i = 0; i < n; i++, upstream += L) {
            b->unsure = r->certain || all_reached(b, upstream, 1) ? NULL : upstream;
            lane_dot_back(b, upstream, w + (size_t)i * k, x, k, r->has_bias ? bias[i] : -1);
        }
        return;
    }
    if (r->has_bias) for (int32_t i = 0; i < n; i++) send(b, bias[i], upstream + (size_t)i * L);
    if (r->x_active) {
        for (int32_t i = 0; i < k; i++) b->from[i] = values(b, x[i], b->rows + (size_t)i * L);
        transpose(b->transposed, b->from, k, r->k_padded, b->valid);
    }
    for (int32_t i = 0; i < n; i++) b->from[i] = upstream + (size_t)i * L;
    if (r->x_active) {
        real *sums = b->packed_g + r->packed;
        if (unreached(*sums)) memset(sums, 0, (size_t)n * (size_t)r->k_padded * sizeof *sums);
        add_outer_product(sums, b->from, n, b->transposed, k, r->k_padded, b->valid);
    }
    int wanted = 0;
    for (int32_t i = 0; i < k; i++) {
        b->to[i] = gradient(b, x[i], b->rows + (size_t)i * L);
        wanted |= b->to[i] != NULL;
        if (!b->to[i]) b->to[i] = b->rows + (size_t)i * L;
    }
    if (!wanted) return;
    product_of_lanes(b->to, k, 1, b->packed + r->packed, 1, r->k_padded, b->from, n, L);
    for (int32_t i = 0; i < k; i++) if (b->plan->active[x[i]]) settle(b, x[i], b->to[i]);
}

/* ---- Every operation, forward ---- */
static void lane_run(const Block *b, const Run *r) {
    LANE_COUNT;
    const int32_t n = r->n, *a = r->args, *c = a + n;
    real *out = b->v + lane_offset(b, r->out);
#define EACH_RESULT for (int32_t i = 0; i < n; i++, out += L)
    switch (r->op) {
#define ONE(OP, name, method, V, DX) \
    case OP: EACH_RESULT { const real *xs = values(b, a[i], room(b, 0)); LANES(j) { const real x = xs[j]; out[j] = (real)(V); } } break;
#define TWO(OP, name, V, DX, DY) \
    case OP: EACH_RESULT { \
        const real *xs = values(b, a[i], room(b, 0)), *ys = values(b, c[i], room(b, 1)); \
        if (OP == POW && ys[0] == 2 && is_uniform(b, c[i])) LANES(j) { const real x = xs[j], y = 2; out[j] = (real)(V); } \
        else LANES(j) { const real x = xs[j], y = ys[j]; out[j] = (real)(V); } } break;
    UNARY_RULES(ONE)
    BINARY_RULES(TWO)
#undef ONE
#undef TWO
    case WHERE:
        EACH_RESULT {
            const real *cs = values(b, a[i], room(b, 0)), *xs = values(b, c[i], room(b, 1)), *ys = values(b, c[n + i], room(b, 2));
            LANES(j) out[j] = cs[j] != 0 ? xs[j] : ys[j];
        }
        break;
    case SUM:
        EACH_RESULT {
            LANES(j) out[j] = 0;
            for (int32_t k = 0; k < a[i]; k++) {
                const real *xs = values(b, c[k], room(b, 0));
                LANES(j) out[j] += xs[j];
            }
            c += a[i];
        }
        break;
    case LOGSUMEXP:
        EACH_RESULT {
            real *tops = room(b, 1);
            LANES(j) { tops[j] = -INFINITY; out[j] = 0; }
            for (int32_t k = 0; k < a[i]; k++) {
                const real *xs = values(b, c[k], room(b, 0));
                LANES(j) tops[j] = (real)larger(tops[j], xs[j]);
            }
            for (int32_t k = 0; k < a[i]; k++) {
                const real *xs = values(b, c[k], room(b, 0));
                LANES(j) out[j] += (real)exp(xs[j] - tops[j]);
            }
            LANES(j) { const real v = tops[j] + (real)log(out[j]); out[j] = fabs(tops[j]) < INFINITY ? v : tops[j]; }
            c += a[i];
        }
        break;
    case DOT: {
        const int32_t k = a[0];
        const int32_t *w = a + 2;
        EACH_RESULT { lane_dot(b, out, w, w + k, k, a[1] ? w[2 * k] : -1); w += 2 * k + a[1]; }
        break;
    }
    case RUN_PRODUCT:
        lane_product(b, r, out);
        break;
    case RUN_TAKE: {
        const int32_t *s = a + 1;
        EACH_RESULT {
            const real *index = values(b, s[0], room(b, 0));
            for (int j = 0; j < L; j++) {
                int32_t at = place_in(index[j], a[0], b->sample + (j < b->valid ? j : b->valid - 1), b->bad);
                const int32_t slot = at < 0 ? -1 : s[1 + at];
                out[j] = at < 0 ? (real)NAN : is_uniform(b, slot) ? b->u[slot] : b->v[lane_offset(b, slot) + (size_t)j];
            }
            s += a[0] + 1;
        }
        break;
    }
    default: break;
    }
}

/* ---- and backward ---- */
static void lane_run_back(Block *b, const Run *r) {
    LANE_COUNT;
    const int32_t n = r->n, *a = r->args, *c = a + n;
    const real *vs = b->v + lane_offset(b, r->out), *gs = b->g + lane_offset(b, r->out);
#undef EACH_RESULT
#define EACH_RESULT for (int32_t i = 0; i < n && (b->unsure = r->certain || all_reached(b, gs, 1) ? NULL : gs, 1); i++, vs += L, gs += L)
    switch (r->op) {
#define TO(slot, GIVE) do { real *to = gradient(b, slot, room(b, 7)); if (to) { GIVE; settle(b, slot, to); } } while (0)
#define ONE(OP, name, method, V, DX) \
    case OP: EACH_RESULT { \
        const real *xs = values(b, a[i], room(b, 0)); \
        TO(a[i], LANES(j) { const real x = xs[j] COMMA v = vs[j]; (void)x; (void)v; to[j] += gs[j] * (real)(DX) + 0; }); } break;
#define TWO(OP, name, V, DX, DY) \
    case OP: EACH_RESULT { \
        const real *xs = values(b, a[i], room(b, 0)), *ys = values(b, c[i], room(b, 1)); \
        if (OP == POW && ys[0] == 2 && is_uniform(b, c[i])) \
            TO(a[i], LANES(j) { const real x = xs[j] COMMA y = 2 COMMA v = vs[j]; (void)x; (void)y; (void)v; to[j] += gs[j] * (real)(DX) + 0; }); \
        else TO(a[i], LANES(j) { const real x = xs[j] COMMA y = ys[j] COMMA v = vs[j]; (void)x; (void)y; (void)v; to[j] += gs[j] * (real)(DX) + 0; }); \
        TO(c[i], LANES(j) { const real x = xs[j] COMMA y = ys[j] COMMA v = vs[j]; (void)x; (void)y; (void)v; to[j] += gs[j] * (real)(DY) + 0; }); } break;
#define COMMA ,
    UNARY_RULES(ONE)
    BINARY_RULES(TWO)
#undef ONE
#undef TWO
#undef COMMA
    case WHERE:  /* by choice and not by a factor of 0, which would let nan through */
        EACH_RESULT {
            const real *cs = values(b, a[i], room(b, 0));
            TO(c[i], LANES(j) to[j] += cs[j] != 0 ? gs[j] : (real)-0.0);
            TO(c[n + i], LANES(j) to[j] += cs[j] != 0 ? (real)-0.0 : gs[j]);
        }
        break;
    case SUM:
        EACH_RESULT {
            for (int32_t k = 0; k < a[i]; k++) send(b, c[k], gs);
            c += a[i];
        }
        break;
    case LOGSUMEXP:
        EACH_RESULT {
            for (int32_t k = 0; k < a[i]; k++) {
                const real *xs = values(b, c[k], room(b, 0));
                TO(c[k], LANES(j) to[j] += gs[j] * (real)exp(xs[j] - vs[j]) + 0);
            }
            c += a[i];
        }
        break;
    case DOT: {
        const int32_t k = a[0];
        const int32_t *w = a + 2;
        EACH_RESULT { lane_dot_back(b, gs, w, w + k, k, a[1] ? w[2 * k] : -1); w += 2 * k + a[1]; }
        break;
    }
    case RUN_PRODUCT:
        b->unsure = NULL;
        lane_product_back(b, r, gs);
        break;
    case RUN_TAKE: {
        const int32_t *s = a + 1;
        EACH_RESULT {
            BadIndex none = {0};  /* the forward pass told of it */
            const real *index = values(b, s[0], room(b, 0));
            for (int j = 0; j < b->valid; j++) {
                int32_t at = place_in(index[j], a[0], 0, &none);
                if (at < 0) continue;
                const int32_t slot = s[1 + at];
                if (is_uniform(b, slot)) b->ug[slot] += gs[j];
                else b->g[lane_offset(b, slot) + (size_t)j] += gs[j];
            }
            s += a[0] + 1;
        }
        break;
    }
    default: break;
    }
#undef EACH_RESULT
}
