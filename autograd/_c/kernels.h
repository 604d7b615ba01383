/* A Plan on one block of samples, or on one sample. A file that includes this chooses the instruction set, the bytes
 * of a vector register (VECTOR_BYTES), the type of number (real) and the name of the table (KERNELS). */
#include "functions.h"
#include "operations.h"
#include "executor.h"

#if defined(__clang__)
#define IVDEP _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define IVDEP _Pragma("GCC ivdep")
#else
#define IVDEP
#endif

/* A gradient of -0 says that nothing was sent there: `where` took another branch. What is sent is never -0 (adding a 0
 * sees to that), and a sum of it cannot become -0. A result that nothing was sent to sends nothing on, not even
 * 0 · inf = nan. Only runs that are not certain need to look. */
LANE int unreached(double g) { return g == 0 && copysign(1, g) < 0; }

#include "matrix.h"
#include "scalar.h"
#include "lanes.h"

static void clear_gradients(const Plan *p, real *g, size_t n) {
    if (p->chooses) for (size_t i = 0; i < n; i++) g[i] = (real)-0.0;
    else memset(g, 0, n * sizeof *g);
}

static void load_uniform(const Call *call, real *to) {
    const Plan *p = call->plan;
    for (int32_t i = 0; i < p->parameters; i++) to[i] = (real)call->parameters[i];
    for (int32_t i = 0; i < p->constant_count; i++) to[p->parameters + i] = (real)p->constants[i];
}

/* Uniform slots, and the packed weights. */
static void begin(const Call *call, Shared *shared, BadIndex *bad) {
    const Plan *p = call->plan;
    real *u = shared->u, *packed = shared->packed;
    load_uniform(call, u);
    scalar_forward(p->runs, p->runs + p->uniform_runs, u, 0, bad);
    if (call->gradient) clear_gradients(p, shared->total, (size_t)p->uniform_end);
    for (const Run *r = p->runs + p->uniform_runs; r < p->runs + p->run_count; r++) {
        if (r->op != RUN_PRODUCT || !r->matrix) continue;
        const int32_t *w = r->args + 3;
        for (int32_t i = 0; i < r->n; i++, w += r->k) {
            real *row = packed + r->packed + (size_t)i * (size_t)r->k_padded;
            for (int32_t j = 0; j < r->k; j++) row[j] = u[w[j]];
            for (int32_t j = r->k; j < r->k_padded; j++) row[j] = 0;
        }
    }
}

static void unpack_gradients(const Block *b) {
    const Plan *p = b->plan;
    for (const Run *r = p->runs + p->uniform_runs; r < p->runs + p->run_count; r++) {
        if (r->op != RUN_PRODUCT || !r->matrix || !r->x_active || unreached(b->packed_g[r->packed])) continue;
        const int32_t *w = r->args + 3;
        for (int32_t i = 0; i < r->n; i++, w += r->k) {
            const real *row = b->packed_g + r->packed + (size_t)i * (size_t)r->k_padded;
            for (int32_t j = 0; j < r->k; j++) b->ug[w[j]] += row[j];
        }
    }
}

static void load_inputs(const Block *b, const Call *call) {
    const int32_t columns = b->plan->columns;
    const int lanes = b->lanes, valid = b->valid;
    for (int32_t c = 0; c < columns; c++) {
        const double *x = call->X + (size_t)b->sample * (size_t)columns + c;
        real *to = b->v + (size_t)c * (size_t)lanes;
        for (int j = 0; j < valid; j++) to[j] = (real)x[(size_t)j * (size_t)columns];
        for (int j = valid; j < lanes; j++) to[j] = to[valid - 1];
    }
}
static void store_outputs(const Block *b, const Call *call, double *sums) {
    const Plan *p = b->plan;
    for (int32_t k = 0; k < p->output_count; k++) {
        const real *x = values(b, p->outputs[k], room(b, 0));
        if (call->reduce) for (int j = 0; j < b->valid; j++) sums[k] += x[j];
        else for (int j = 0; j < b->valid; j++) call->outputs[(size_t)(b->sample + j) * (size_t)p->output_count + (size_t)k] = x[j];
    }
}
/* What an output begins with. Of several outputs one whose seed is 0 sends nothing. */
LANE real seed_of(const Call *call, int64_t sample, int32_t k) {
    const int32_t outputs = call->plan->output_count;
    const real seed = (real)(call->seeds ? call->seeds[(size_t)sample * (size_t)outputs + (size_t)k] : call->seed) + 0;
    return seed == 0 && outputs > 1 ? (real)-0.0 : seed;
}
static void send_seeds(const Block *b, const Call *call) {
    const Plan *p = b->plan;
    LANE_COUNT;
    real *seeds = room(b, 0);
    for (int32_t k = 0; k < p->output_count; k++) {
        int wanted = p->output_count == 1;
        LANES(j) seeds[j] = 0;
        for (int j = 0; j < b->valid; j++) {
            seeds[j] = seed_of(call, b->sample + j, k);
            wanted |= !unreached(seeds[j]);
        }
        if (wanted) send(b, p->outputs[k], seeds);
    }
}

/* Samples first to last - 1, in blocks of `lanes`. */
static void chunk(const Call *call, const Shared *shared, Scratch *s, int64_t first, int64_t last, int32_t lanes) {
    const Plan *p = call->plan;
    Block b = {
        .plan = p, .u = shared->u, .packed = shared->packed, .ug = s->uniform_g, .packed_g = s->packed_g, .v = s->v, .g = s->g,
        .rows = s->rows, .transposed = s->transposed, .temporary = s->temporary,
        .from = (const real **)s->pointers, .to = (real **)s->pointers + p->widest, .bad = &s->bad,
    };
    const Run *run = p->runs + p->uniform_runs, *end = p->runs + p->run_count;
    memset(s->sums, 0, (size_t)p->output_count * sizeof *s->sums);
    if (call->gradient) {
        clear_gradients(p, b.ug, (size_t)p->uniform_end);
        clear_gradients(p, b.packed_g, p->packed);
    }
    for (b.sample = first; b.sample < last; b.sample += lanes) {
        b.valid = last - b.sample < lanes ? (int)(last - b.sample) : lanes;
        b.lanes = (b.valid + 7) & ~7;
        load_inputs(&b, call);
        for (const Run *r = run; r < end; r++) lane_run(&b, r);
        store_outputs(&b, call, s->sums);
        if (!call->gradient) continue;
        clear_gradients(p, b.g, (size_t)(p->slots - p->uniform_end) * (size_t)b.lanes);
        send_seeds(&b, call);
        for (const Run *r = end; r-- > run;) if (r->x_active || r->y_active) lane_run_back(&b, r);
    }
    if (call->gradient) unpack_gradients(&b);
}

static void add(void *total, const void *part, size_t n) {
    real *to = total;
    const real *from = part;
    for (size_t i = 0; i < n; i++) to[i] += from[i];
}

/* From the gradients of uniform slots to those of parameters. */
static void end(const Call *call, const Shared *shared) {
    const Plan *p = call->plan;
    real *g = shared->total;
    scalar_backward(p->runs, p->runs + p->uniform_runs, shared->u, g);
    for (int32_t i = 0; i < p->parameters; i++) call->gradient[i] = g[i] + 0.0;
}

/* One sample: every slot is one number. */
static void single(const Call *call, Scratch *s) {
    const Plan *p = call->plan;
    real *v = s->v, *g = s->g;
    load_uniform(call, v);
    for (int32_t i = 0; i < p->columns; i++) v[p->uniform_end + i] = (real)call->X[i];
    scalar_forward(p->runs, p->runs + p->run_count, v, 0, &s->bad);
    for (int32_t k = 0; k < p->output_count; k++) call->outputs[k] = v[p->outputs[k]];
    if (!call->gradient) return;
    clear_gradients(p, g, (size_t)p->slots);
    for (int32_t k = 0; k < p->output_count; k++) g[p->outputs[k]] += seed_of(call, 0, k);
    scalar_backward(p->runs, p->runs + p->run_count, v, g);
    for (int32_t i = 0; i < p->parameters; i++) call->gradient[i] = g[i] + 0.0;
}

const Kernels KERNELS = {NAME, sizeof(real), begin, chunk, add, end, single};
