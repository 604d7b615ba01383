/* backward(): the chain rule, from the youngest node to the oldest.
 *
 * The first walk counts, for every node, how many consumers will send it a gradient. The second passes a node's
 * gradient on as soon as the last of them has. No visited set and no sort; and nothing here runs Python code or
 * lets go of the GIL, so other threads and Ctrl-C see either no gradient of this sweep or all of them. */
#include "node.h"

/* Every operand that gets gradient from the node, in order. `where` and `take` send to the one that they took. */
#define EACH_SOURCE(node, DO) do { \
        uint32_t op_ = OP_OF(node); \
        if (UNLIKELY(IS_MANY(op_))) { \
            Many *m_ = (node)->a.many; \
            if (CHOOSES(op_)) { uint32_t k_ = taken(m_, op_); Value *x_ = k_ ? m_->v[k_] : NULL; if (x_) DO(x_); } \
            else for (uint32_t i_ = 0; i_ < m_->n; i_++) { Value *x_ = m_->v[i_]; if (x_) DO(x_); } \
        } else { \
            if (!((node)->tag & A_CONSTANT)) DO((node)->a.v); \
            if (IS_BINARY(op_) && !((node)->tag & B_CONSTANT)) DO((node)->b.v); \
        } } while (0)

/* A stack of nodes. A small one is kept between sweeps. */
enum { KEPT = 1 << 16 };
static Value *kept[KEPT];
typedef struct { Value **at; size_t n, room; } Stack;

static int stack_resize(Stack *s, size_t room) {
    Value **at = s->at == kept ? malloc(room * sizeof *at) : realloc(s->at, room * sizeof *at);
    if (!at) return -1;
    if (s->at == kept) memcpy(at, kept, s->n * sizeof *at);
    s->at = at;
    s->room = room;
    return 0;
}
INLINE int push(Stack *s, Value *v) {
    if (UNLIKELY(s->n == s->room) && stack_resize(s, 2 * s->room) < 0) return -1;
    s->at[s->n++] = v;
    return 0;
}

#define FRESH 0x80000000u  /* in `uses`: no gradient has come yet, so what an earlier sweep left does not count */

/* Counts the uses of every node that is not a leaf. Returns how many such nodes there are, or -1 if there is no
 * memory or an operand is younger than its consumer: that pair, then. */
static Py_ssize_t count_uses(Value *root, Stack *todo, Value **operand, Value **consumer) {
    Py_ssize_t found = 0;
    todo->at[todo->n++] = root;
    while (todo->n) {
        Value *node = todo->at[--todo->n];
        PREFETCH((char *)node - AHEAD);
        uint64_t serial = node->serial;
        found++;
        if (UNLIKELY(CHOOSES(OP_OF(node))))  /* what chooses, too, decides where gradient flows */
            for (uint32_t i = 0; i < node->a.many->n; i++) {
                Value *x = node->a.many->v[i];
                if (x && x->serial > serial) { *operand = x; *consumer = node; return -1; }
            }
#define COUNT(source) do { \
            Value *x = (source); \
            if (UNLIKELY(x->serial > serial)) { *operand = x; *consumer = node; return -1; } \
            if (OP_OF(x)) { \
                if (x->uses) x->uses++; \
                else if (UNLIKELY(push(todo, x) < 0)) return -1; \
                else x->uses = FRESH | 1; \
            } } while (0)
        EACH_SOURCE(node, COUNT);
#undef COUNT
    }
    return found;
}
/* Takes the counts back. It meets the nodes in the order of count_uses, so the stack has room enough. */
static void forget_uses(Value *root, Stack *todo) {
    todo->n = 0;
    todo->at[todo->n++] = root;
    while (todo->n) {
        Value *node = todo->at[--todo->n];
#define FORGET(source) do { Value *x = (source); if (x->uses) { x->uses = 0; todo->at[todo->n++] = x; } } while (0)
        EACH_SOURCE(node, FORGET);
#undef FORGET
    }
}

static void send_gradients(Value *root, double seed, Value **ready) {
    Py_ssize_t n = 0;
    root->grad = seed;
    ready[n++] = root;
    while (n) {
        Value *node = ready[--n];
        PREFETCH((char *)node - AHEAD);
        double g = node->grad, v = node->data;
        (void)v;
#define GIVE(to, share) do { \
            Value *to_ = (to); \
            double share_ = (share); \
            if (!(to_->tag & (OP_BITS | FROZEN))) { to_->grad += share_; to_->b.taken = WRITTEN; } \
            else if (OP_OF(to_)) { \
                uint32_t uses_ = to_->uses; \
                to_->grad = (uses_ & FRESH ? 0.0 : to_->grad) + share_; \
                to_->uses = uses_ = (uses_ & ~FRESH) - 1; \
                if (uses_ == 0) ready[n++] = to_; \
            } } while (0)
        switch (node->tag & CODE_BITS) {
#define BOTH(OP, name, V, DX, DY) \
        case OP: { double x = node->a.v->data, y = node->b.v->data, to_x = g * (DX), to_y = g * (DY); (void)x; (void)y; \
                   GIVE(node->a.v, to_x); GIVE(node->b.v, to_y); break; } \
        case OP | B_CONSTANT: { double x = node->a.v->data, y = node->b.c; (void)x; (void)y; GIVE(node->a.v, g * (DX)); break; } \
        case OP | A_CONSTANT: { double x = node->a.c, y = node->b.v->data; (void)x; (void)y; GIVE(node->b.v, g * (DY)); break; }
#define ONE(OP, name, method, V, DX) \
        case OP: { double x = node->a.v->data; (void)x; GIVE(node->a.v, g * (DX)); break; }
        BINARY_RULES(BOTH)
        UNARY_RULES(ONE)
#undef BOTH
#undef ONE
        case WHERE: case TAKE: {
            Many *m = node->a.many;
            uint32_t k = taken(m, OP_OF(node));
            Value *x = k ? m->v[k] : NULL;
            if (x) GIVE(x, g);
            break;
        }
        case SUM: {
            Many *m = node->a.many;
            for (uint32_t i = 0; i < m->n; i++) if (m->v[i]) GIVE(m->v[i], g);
            break;
        }
        case LOGSUMEXP: {
            Many *m = node->a.many;
            for (uint32_t i = 0; i < m->n; i++) if (m->v[i]) GIVE(m->v[i], g * exp(m->v[i]->data - v));
            break;
        }
        case DOT: case PROGRAM: {  /* w..., x..., and the bias if the count is odd */
            Many *m = node->a.many;
            Value **w = m->v, **x = w + m->n / 2;
            uint32_t half = m->n / 2;
            if (!m->c) {
                for (uint32_t i = 0; i < half; i++) GIVE(w[i], g * x[i]->data);
                for (uint32_t i = 0; i < half; i++) GIVE(x[i], g * w[i]->data);
            } else {
                for (uint32_t i = 0; i < half; i++) if (w[i]) GIVE(w[i], g * (x[i] ? x[i]->data : m->c[half + i]));
                for (uint32_t i = 0; i < half; i++) if (x[i]) GIVE(x[i], g * (w[i] ? w[i]->data : m->c[i]));
            }
            if (m->n % 2 && m->v[m->n - 1]) GIVE(m->v[m->n - 1], g);
            break;
        }
        default: break;  /* all operands are constants */
        }
    }
}

PyObject *value_backward(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *names) {
    Value *root = (Value *)self;
    double seed = 1;
    Py_ssize_t named = names ? PyTuple_GET_SIZE(names) : 0;
    if (count + named > 1 || (named && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "grad") != 0)) {
        PyErr_SetString(PyExc_TypeError, "backward(grad=1.0) takes one number");
        return NULL;
    }
    if (count + named && to_number(args[0], "backward(grad): grad", &seed) < 0) return NULL;
    if (refuse_reading("backward()") < 0) return NULL;
    if (UNLIKELY(modes & ANOMALY)) {
        PyObject *checked = call(anomaly_module, "check_backward", "Od", self, seed);
        if (!checked) return NULL;
        Py_DECREF(checked);
    }
    if (!OP_OF(root)) {
        if (!(root->tag & FROZEN)) { root->grad += seed; root->b.taken = WRITTEN; }
        Py_RETURN_NONE;
    }
    Stack stack = {kept, 0, KEPT};
    Value *operand = NULL, *consumer = NULL;
    Py_ssize_t found = count_uses(root, &stack, &operand, &consumer);
    int ready = found >= 0 && ((size_t)found <= stack.room || stack_resize(&stack, (size_t)found) == 0);
    if (ready) send_gradients(root, seed, stack.at);
    else forget_uses(root, &stack);
    if (stack.at != kept) free(stack.at);
    if (ready) Py_RETURN_NONE;
    if (!operand) return PyErr_NoMemory();
    PyObject *error = call(graph_module, "stale", "OO", operand, consumer);
    if (error) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    return NULL;
}
