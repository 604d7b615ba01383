/* A call: memory, chunks of samples, threads.
 *
 * The samples are cut into blocks, and the blocks into chunks, by the program and the number of samples alone. Threads
 * take the chunks in order and add what they found in that order too, so the bits do not depend on how many there are. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "executor.h"

static const Kernels *const all_kernels[] = {
#ifdef HAS_TARGETS
    &kernels_v4, &kernels_v3, &kernels_v4_single, &kernels_v3_single,
#endif
    &kernels_base, &kernels_base_single,
};
static int supported(const Kernels *k) {
#ifdef HAS_TARGETS
    int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    if (k == &kernels_v3 || k == &kernels_v3_single) return v3;
    if (k == &kernels_v4 || k == &kernels_v4_single)
        return v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd");
#endif
    (void)k;
    return 1;
}
const Kernels *kernels_for(size_t number, const char *name) {
    for (size_t i = 0; i < sizeof all_kernels / sizeof *all_kernels; i++) {
        const Kernels *k = all_kernels[i];
        if (k->number == number && (!name || strcmp(name, k->name) == 0) && supported(k)) return k;
    }
    return NULL;
}

/* ---- How the samples are cut ---- */
enum { BLOCK_BYTES = 400000 };  /* values and gradients of a block should stay in the second cache */

/* A chunk is long enough that starting it and adding its gradients cost little beside. From three on there are a
 * multiple of four, all but the last equally long, so that two or four threads have equal shares. */
static int64_t chunk_samples(const Plan *p, int64_t samples) {
    int64_t work = 400 * (int64_t)p->uniform_end;
    if (work < 400000) work = 400000;
    int64_t least = work / (p->work + 1) + 1, chunks = (samples + least - 1) / least;
    if (chunks > 2) chunks = (chunks + 3) / 4 * 4;
    if (chunks < 1) chunks = 1;
    return ((samples + chunks - 1) / chunks + 7) / 8 * 8;
}
/* A chunk is cut into blocks that are as equal as can be. */
static int32_t lanes_of(const Plan *p, int64_t samples) {
    int64_t slots = (int64_t)p->slots - p->uniform_end, most = BLOCK_BYTES / (16 * (slots + 1)) / 8 * 8;
    most = most < 8 ? 8 : most > LANES_MAX ? LANES_MAX : most;
    if (samples < 1) return 8;
    int64_t chunk = chunk_samples(p, samples), blocks = (chunk + most - 1) / most;
    return (int32_t)(((chunk + blocks - 1) / blocks + 7) / 8 * 8);
}
int64_t chunk_count(const Plan *p, int64_t samples) {
    int64_t each = chunk_samples(p, samples);
    return samples <= 1 ? 1 : (samples + each - 1) / each;
}

/* ---- Memory ---- */
/* Lays the arrays of a scratch out from `base` on, and says how many bytes they take. */
static size_t arrange(const Plan *p, int64_t samples, size_t number, Scratch *s, Shared *shared, char *base) {
    size_t at = 0, uniform = (size_t)p->uniform_end, slots = (size_t)p->slots, lanes = (size_t)lanes_of(p, samples);
    size_t values = samples == 1 ? slots : (slots - uniform) * lanes, wide = (size_t)p->widest, one = samples != 1;
#define ARRAY(what, count, size) do { what = (void *)(base + at); at += ((count) * (size) + 63) / 64 * 64; } while (0)
    ARRAY(s->v, values, number);
    ARRAY(s->g, values, number);
    ARRAY(s->uniform_g, one * uniform, number);
    ARRAY(s->packed_g, one * p->packed, number);
    ARRAY(s->rows, one * wide * lanes, number);
    ARRAY(s->transposed, one * wide * lanes, number);
    ARRAY(s->temporary, 8 * LANES_MAX, number);
    ARRAY(s->pointers, one * 2 * wide, sizeof(void *));
    ARRAY(s->sums, (size_t)p->output_count, sizeof(double));
    ARRAY(shared->u, one * uniform, number);
    ARRAY(shared->total, one * uniform, number);
    ARRAY(shared->packed, one * p->packed, number);
#undef ARRAY
    return at;
}
size_t scratch_bytes(const Plan *p, int64_t samples, size_t number) {
    Scratch s;
    Shared shared;
    return arrange(p, samples, number, &s, &shared, NULL);
}
Scratch *scratch_new(size_t bytes) {
    Scratch *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->bytes = bytes;
    s->memory = malloc(bytes + 64);
    if (s->memory) return s;
    free(s);
    return NULL;
}
void scratch_free(Scratch *s) {
    free(s->memory);
    free(s);
}

/* ---- Threads ---- */
typedef struct {
    const Call *call;
    const Kernels *kernels;
    Shared shared;
    int64_t each, next, added;     /* samples of a chunk; the chunk to be taken next; how many are added */
    BadIndex bad;
    pthread_mutex_t mutex;
    pthread_cond_t turn;
} Work;

static void take_chunks(Work *w, Scratch *s) {
    const Call *call = w->call;
    const Plan *p = call->plan;
    const int32_t lanes = lanes_of(p, call->samples);
    pthread_mutex_lock(&w->mutex);
    for (;;) {
        int64_t mine = w->next, first = mine * w->each, last = first + w->each;
        if (first >= call->samples) break;
        if (last > call->samples) last = call->samples;
        w->next++;
        pthread_mutex_unlock(&w->mutex);
        s->bad.sample = -1;
        w->kernels->chunk(call, &w->shared, s, first, last, lanes);
        pthread_mutex_lock(&w->mutex);
        while (w->added != mine) pthread_cond_wait(&w->turn, &w->mutex);
        if (call->gradient) w->kernels->add(w->shared.total, s->uniform_g, (size_t)p->uniform_end);
        if (call->reduce) for (int32_t k = 0; k < p->output_count; k++) call->outputs[k] += s->sums[k];
        if (w->bad.sample < 0) w->bad = s->bad;
        w->added++;
        pthread_cond_broadcast(&w->turn);
    }
    pthread_mutex_unlock(&w->mutex);
}
static void *work_in_thread(void *scratch) {
    Scratch *s = scratch;
    take_chunks(s->work, s);
    return NULL;
}

/* Where a thread cannot be started, the others do its work. */
static void run_chunks(Work *w, Scratch *scratches) {
    Scratch *s = scratches->next;
    for (; s; s = s->next) {
        s->work = w;
        if (pthread_create(&s->thread, NULL, work_in_thread, s) != 0) break;
    }
    take_chunks(w, scratches);
    for (Scratch *t = scratches->next; t != s; t = t->next) pthread_join(t->thread, NULL);
}

void run_call(const Call *call, const Kernels *kernels, Scratch *scratches, BadIndex *bad) {
    const Plan *p = call->plan;
    Work w = {.call = call, .kernels = kernels, .each = chunk_samples(p, call->samples), .bad = {.sample = -1}};
    for (Scratch *s = scratches; s; s = s->next) {
        Shared unused;
        char *base = (char *)(((uintptr_t)s->memory + 63) / 64 * 64);
        arrange(p, call->samples, kernels->number, s, s == scratches ? &w.shared : &unused, base);
    }
    if (call->samples == 1) {
        scratches->bad.sample = -1;
        kernels->single(call, scratches);
        *bad = scratches->bad;
        return;
    }
    kernels->begin(call, &w.shared, &w.bad);
    if (call->reduce) memset(call->outputs, 0, (size_t)p->output_count * sizeof *call->outputs);
    pthread_mutex_init(&w.mutex, NULL);
    pthread_cond_init(&w.turn, NULL);
    run_chunks(&w, scratches);
    pthread_cond_destroy(&w.turn);
    pthread_mutex_destroy(&w.mutex);
    if (call->gradient) kernels->end(call, &w.shared);
    *bad = w.bad;
}
