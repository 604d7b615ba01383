/* One run of a Program: its nodes sorted by the slots of their operands, which are laid out by opcode as program.py says. */
#include "lower.h"

/* A row is the slots of a node's operands, and last its number. */
static int32_t entry(const Order *o, int32_t node, int32_t i) {
    return i < size_of(o->g, node) ? o->slot[args_of(o->g, node)[i]] : node;
}
static int by_slots(const Order *o, int32_t a, int32_t b) {
    int32_t m = size_of(o->g, a), n = size_of(o->g, b), shorter = m < n ? m : n;
    for (int32_t i = 0; i <= shorter; i++) {
        int32_t x = entry(o, a, i), y = entry(o, b, i);
        if (x != y) return x < y;
    }
    return m < n;
}

static int reserve(Runs *runs, int64_t more) {
    if (runs->length + more <= runs->room) return 0;
    int64_t room = runs->length + more + runs->room / 2 + 64;
    int32_t *code = PyMem_Realloc(runs->code, (size_t)room * sizeof *code);
    if (!code) { PyErr_NoMemory(); return -1; }
    runs->code = code;
    runs->room = room;
    return 0;
}

int write_run(Runs *runs, int32_t *slot, const Graph *g, const Codes *codes, Row *rows, Row *spare, int32_t n, int32_t code, int per_sample) {
    Order order = {g, slot};
    int64_t total = 0;
    for (int32_t i = 0; i < n; i++) {
        int32_t node = rows[i].node;
        rows[i].key = (uint64_t)entry(&order, node, 0) << 32 | (uint32_t)entry(&order, node, 1);
        total += size_of(g, node);
    }
    sort_rows(rows, spare, n, by_slots, &order);
    int32_t size = size_of(g, rows[0].node), k = size / 2, odd = size % 2, product = codes->count;
    int is_take = code == codes->count + 1, op = code < product ? codes->operation[code] : 0;
    int lists = op == SUM || op == LOGSUMEXP;
    int64_t length = lists ? n + total : is_take ? 1 + total : op == DOT ? 2 + total
                   : code == product ? 3 + (int64_t)n * (k + odd) + k : total;
    if (length > INT32_MAX) { PyErr_SetString(PyExc_ValueError, "a run has more than 2**31 - 1 operands"); return -1; }
    if (reserve(runs, RUN_HEADER + length) < 0) return -1;
    int32_t *to = runs->code + runs->length, header[] = {code, n, runs->slots, per_sample, (int32_t)length};
    memcpy(to, header, sizeof header);
    to += RUN_HEADER;
    runs->length += RUN_HEADER + length;
    if (code == product) {
        *to++ = n; *to++ = k; *to++ = odd;
        for (int32_t i = 0; i < n; i++) for (int32_t a = 0; a < k; a++) *to++ = entry(&order, rows[i].node, a);
        for (int32_t a = k; a < 2 * k; a++) *to++ = entry(&order, rows[0].node, a);
        for (int32_t i = 0; i < n && odd; i++) *to++ = entry(&order, rows[i].node, 2 * k);
    } else if (lists || is_take || op == DOT) {
        if (is_take) *to++ = size - 1;
        else if (op == DOT) { *to++ = k; *to++ = odd; }
        else for (int32_t i = 0; i < n; i++) *to++ = size_of(g, rows[i].node);
        for (int32_t i = 0; i < n; i++) for (int32_t a = 0; a < size_of(g, rows[i].node); a++) *to++ = entry(&order, rows[i].node, a);
    } else for (int32_t a = 0; a < size; a++) for (int32_t i = 0; i < n; i++) *to++ = entry(&order, rows[i].node, a);
    for (int32_t i = 0; i < n; i++) slot[rows[i].node] = runs->slots++;
    return 0;
}
