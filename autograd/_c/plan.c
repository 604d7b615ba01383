/* A Plan from a program of int32 numbers: everything is checked here, so that the kernels need not look.
 *
 * The program: FORMAT, parameters, constants, columns, outputs, runs, number of operations; the output slots; then for
 * each run: op, n, out, per_sample, length, and that many numbers which say what the operands are. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "executor.h"
#include "operations.h"

#define ONE(OP, name, ...) [OP] = name,
const char *const operation_names[OPERATIONS] = {
    BINARY_RULES(ONE) UNARY_RULES(ONE)
    [WHERE] = "where", [SUM] = "sum", [DOT] = "dot", [LOGSUMEXP] = "logsumexp", [RUN_PRODUCT] = "product", [RUN_TAKE] = "take",
};
#undef ONE
const int operation_count = OPERATIONS;

void plan_free(Plan *p) {
    if (!p) return;
    free(p->code);
    free(p->constants);
    free(p->runs);
    free(p->active);
    free(p);
}

typedef struct { Plan *plan; uint8_t *known; char *error; size_t room; } Reader;

static int fail(Reader *r, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(r->error, r->room, format, list);
    va_end(list);
    return -1;
}

/* The operands of a run, one after another: where they begin among its numbers, and how many. */
static int operands_of(Reader *reader, Run *r, int32_t length, int64_t *first, int64_t *count) {
    const int32_t *a = r->args;
    int64_t n = r->n;
    *first = 0;
    *count = length;
    int64_t expected;
    if (r->op > 0 && r->op < OPS && IS_UNARY(r->op)) expected = n;
    else if (r->op > 0 && r->op < OPS && IS_BINARY(r->op)) expected = 2 * n;
    else switch (r->op) {
    case WHERE:
        expected = 3 * n;
        break;
    case SUM: case LOGSUMEXP:
        if (length < n) return fail(reader, "needs %lld counts, has %d numbers", (long long)n, length);
        expected = n;
        for (int64_t i = 0; i < n; i++) {
            if (a[i] < 0) return fail(reader, "has the count %d", a[i]);
            expected += a[i];
            if (a[i] > r->k) r->k = a[i];
        }
        *first = n;
        break;
    case DOT:
        if (length < 2) return fail(reader, "needs a header of 2 numbers, has %d", length);
        r->k = a[0]; r->has_bias = a[1];
        expected = 2 + n * (2 * (int64_t)r->k + r->has_bias);
        *first = 2;
        break;
    case RUN_PRODUCT:
        if (length < 3) return fail(reader, "needs a header of 3 numbers, has %d", length);
        if (a[0] != r->n) return fail(reader, "has %d rows and %d results", a[0], r->n);
        r->k = a[1]; r->has_bias = a[2];
        expected = 3 + (n + 1) * r->k + n * r->has_bias;
        *first = 3;
        break;
    case RUN_TAKE:
        if (length < 1) return fail(reader, "needs a header of 1 number, has %d", length);
        r->k = a[0];
        if (r->k < 1) return fail(reader, "takes from %d entries", r->k);
        expected = 1 + n * (1 + (int64_t)r->k);
        *first = 1;
        break;
    default:
        return fail(reader, "has the unknown operation %d", r->op);
    }
    if (r->k < 0 || (r->has_bias != 0 && r->has_bias != 1)) return fail(reader, "has %d terms and a bias of %d", r->k, r->has_bias);
    if (length != expected) return fail(reader, "needs %lld numbers for its operands, has %d", (long long)expected, length);
    *count = length - *first;
    if (r->op == RUN_TAKE) *count = length - 1;
    return 0;
}

static int follow(const int32_t *slots, int64_t n) {
    for (int64_t i = 1; i < n; i++) if (slots[i] != slots[0] + i) return 0;
    return 1;
}

/* What the kernels want to know of a run: which operands need a gradient, and how a product is laid out. */
static void describe(Plan *p, Run *r, int64_t first, int64_t count) {
    const int32_t *s = r->args + first;
    int64_t n = r->n, k = r->k, half = count;
    if (IS_BINARY(r->op)) half = n;
    else if (r->op == WHERE) { s += n; half = count -= n; }  /* a condition gets no gradient */
    else if (r->op == RUN_PRODUCT) half = n * k;
    for (int64_t i = 0; i < half; i++) r->x_active |= p->active[s[i]];
    for (int64_t i = half; i < count; i++) r->y_active |= p->active[s[i]];
    if (r->op == RUN_TAKE) {
        r->x_active = 0;
        for (int64_t i = 0; i < count; i++) if (i % (k + 1)) r->x_active |= p->active[s[i]];
    }
    memset(p->active + r->out, r->x_active || r->y_active, (size_t)n);
    int64_t cost = (r->op == DOT ? n * k : count) * (r->op == LOGSUMEXP ? 20 : 1);
    if (r->op == RUN_PRODUCT) {
        r->w_together = 1;
        for (int64_t i = 0; i < n; i++) r->w_together &= (uint8_t)follow(s + i * k, k);
        r->x_together = (uint8_t)follow(s + n * k, k);
        r->matrix = 1;
        for (int64_t i = 0; i < n * k; i++) if (s[i] >= p->uniform_end) r->matrix = 0;
        r->k_padded = (int32_t)((k + PAD - 1) / PAD * PAD);
        if (r->matrix && r->per_sample) {
            r->packed = p->packed;
            p->packed += (size_t)n * (size_t)r->k_padded;
            int32_t wide = r->k_padded > r->n ? r->k_padded : r->n;
            if (wide > p->widest) p->widest = wide;
        }
    }
    if (r->per_sample) p->work += cost + n;
}

static int read_run(Reader *reader, Run *r, int32_t length) {
    Plan *p = reader->plan;
    int64_t first, count;
    if (r->n < 1) return fail(reader, "has %d results", r->n);
    int32_t low = r->per_sample ? p->uniform_end + p->columns : p->parameters + p->constant_count;
    int32_t high = r->per_sample ? p->slots : p->uniform_end;
    if (r->out < low || r->n > high - r->out) return fail(reader, "writes slots %d to %lld, outside [%d, %d)", r->out, (long long)r->out + r->n - 1, low, high);
    for (int32_t i = 0; i < r->n; i++) if (reader->known[r->out + i]) return fail(reader, "writes slot %d a second time", r->out + i);
    if (operands_of(reader, r, length, &first, &count) < 0) return -1;
    for (int64_t i = first; i < first + count; i++) {
        int32_t slot = r->args[i];
        if (slot < 0 || slot >= p->slots) return fail(reader, "reads slot %d of %d", slot, p->slots);
        if (!reader->known[slot]) return fail(reader, "reads slot %d, which nothing wrote yet", slot);
        if (!r->per_sample && slot >= p->uniform_end) return fail(reader, "is uniform, and reads slot %d of the samples", slot);
    }
    memset(reader->known + r->out, 1, (size_t)r->n);
    describe(p, r, first, count);
    return 0;
}

/* The first walk over the runs: do their numbers fit the buffer, how many slots are there. */
static int measure(Reader *reader, const int32_t *code, size_t length, int32_t runs) {
    Plan *p = reader->plan;
    size_t at = HEADER + (size_t)p->output_count;
    int64_t uniform = (int64_t)p->parameters + p->constant_count, sampled = p->columns;
    for (int32_t i = 0; i < runs; i++) {
        if (length - at < RUN_HEADER) return fail(reader, "the program ends within run %d of %d", i, runs);
        const int32_t *c = code + at;
        if (c[1] < 0 || c[4] < 0 || (size_t)c[4] > length - at - RUN_HEADER) return fail(reader, "the program ends within run %d of %d", i, runs);
        if (c[3]) sampled += c[1]; else { uniform += c[1]; p->uniform_runs++; }
        at += RUN_HEADER + (size_t)c[4];
    }
    if (at != length) return fail(reader, "the program has %zu numbers after its last run", length - at);
    if (uniform + sampled > INT32_MAX) return fail(reader, "the program has %lld slots, more than 2**31 - 1", (long long)(uniform + sampled));
    p->uniform_end = (int32_t)uniform;
    p->slots = (int32_t)(uniform + sampled);
    return 0;
}

/* Where `where` and `take` choose, gradient may not reach the operands they could have taken; and of several outputs one
 * whose seed is 0 sends nothing. Every other run sends it to all of its operands. `certain` is one byte a slot. */
static void find_certain(Plan *p, uint8_t *certain) {
    memset(certain, 0, (size_t)p->slots);
    for (int32_t i = 0; i < p->output_count; i++) certain[p->outputs[i]] = p->output_count == 1;
    for (Run *r = p->runs + p->run_count; r-- > p->runs;) {
        r->certain = 1;
        for (int32_t i = 0; i < r->n; i++) r->certain &= certain[r->out + i];
        if (!r->certain) { p->chooses = 1; continue; }
        if (r->op == WHERE || r->op == RUN_TAKE) continue;
        int64_t header = r->op == DOT ? 2 : r->op == RUN_PRODUCT ? 3 : r->op == SUM || r->op == LOGSUMEXP ? r->n : 0;
        for (int64_t j = header; j < r->args[-1]; j++) certain[r->args[j]] = 1;  /* args[-1]: their length */
    }
}

static int read_program(Reader *reader, size_t length) {
    Plan *p = reader->plan;
    const int32_t *code = p->code;
    int32_t runs = p->run_count;
    if (measure(reader, code, length, runs) < 0) return -1;
    reader->known = calloc((size_t)p->slots + 1, 1);
    p->active = calloc((size_t)p->slots + 1, 1);
    p->runs = calloc((size_t)runs + 1, sizeof *p->runs);
    if (!reader->known || !p->active || !p->runs) return -1;
    memset(p->active, 1, (size_t)p->parameters);
    memset(reader->known, 1, (size_t)p->parameters + (size_t)p->constant_count);
    memset(reader->known + p->uniform_end, 1, (size_t)p->columns);
    p->outputs = code + HEADER;
    const int32_t *c = p->outputs + p->output_count;
    Run *uniform = p->runs, *sampled = p->runs + p->uniform_runs;
    for (int32_t i = 0; i < runs; i++, c += RUN_HEADER + c[4]) {
        Run *r = c[3] ? sampled++ : uniform++;
        *r = (Run){.op = c[0], .n = c[1], .out = c[2], .per_sample = c[3] != 0, .args = c + RUN_HEADER};
        char why[200];
        Reader inner = *reader;
        inner.error = why;
        inner.room = sizeof why;
        if (read_run(&inner, r, c[4]) < 0) return fail(reader, "run %d (%s) %s", i, c[0] > 0 && c[0] < OPERATIONS && operation_names[c[0]] ? operation_names[c[0]] : "?", why);
    }
    for (int32_t i = 0; i < p->output_count; i++) {
        int32_t slot = p->outputs[i];
        if (slot < 0 || slot >= p->slots || !reader->known[slot]) return fail(reader, "output %d is slot %d, which nothing writes", i, slot);
    }
    find_certain(p, reader->known);
    return 0;
}

/* The plan, or NULL: with a message where the program is wrong, without one where memory is short. */
Plan *plan_new(const int32_t *code, size_t length, const double *constants, size_t count, char *error, size_t room) {
    Plan *p = calloc(1, sizeof *p);
    Reader reader = {p, NULL, error, room};
    error[0] = 0;
    if (!p) return NULL;
    int read = -1;
    if (length < HEADER) fail(&reader, "the program has %zu numbers, fewer than its header", length);
    else if (code[0] != FORMAT || code[6] != OPERATIONS) fail(&reader, "the program is of format %d with %d operations, this executor runs format %d with %d", code[0], code[6], FORMAT, OPERATIONS);
    else if (code[1] < 0 || code[2] < 0 || code[3] < 0 || code[4] < 1 || code[5] < 0 || (size_t)code[4] > length - HEADER)
        fail(&reader, "the program's header says %d parameters, %d constants, %d columns, %d outputs, %d runs", code[1], code[2], code[3], code[4], code[5]);
    else if ((size_t)code[2] != count) fail(&reader, "the program has %d constants, got %zu", code[2], count);
    else {
        p->code = malloc(length * sizeof *code);
        p->constants = malloc((count + 1) * sizeof *constants);
        if (p->code && p->constants) {
            memcpy(p->code, code, length * sizeof *code);
            if (count) memcpy(p->constants, constants, count * sizeof *constants);
            p->code_length = length;
            p->parameters = code[1]; p->constant_count = code[2]; p->columns = code[3];
            p->output_count = code[4]; p->run_count = code[5];
            read = read_program(&reader, length);
        }
    }
    free(reader.known);
    if (read == 0) return p;
    plan_free(p);
    return NULL;
}
