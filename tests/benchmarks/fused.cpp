// Loss and gradient of an MLP by hand: all layers in one pass over blocks of samples, sizes known when it is compiled.
//
//     c++ -O3 -march=native -shared -fPIC -DSIZES=2,16,16,1 -DTANH=0 fused.cpp -o fused.so
//
// A block is V vectors of 8 samples. Activations, gradients and the sums of the weights' gradients are vectors; they
// are added up over their 8 lanes once, at the end.

#include <cmath>
#include <cstring>

namespace {

typedef double lanes __attribute__((vector_size(64)));
constexpr int L = 8;
constexpr int sizes[] = {SIZES};
constexpr int layers = sizeof sizes / sizeof *sizes - 1;
constexpr bool hinge = sizes[layers] == 1;

constexpr int first_unit(int layer) { return layer == 0 ? 0 : first_unit(layer - 1) + sizes[layer - 1]; }
constexpr int first_weight(int layer) {
    return layer == 0 ? 0 : first_weight(layer - 1) + sizes[layer] * (sizes[layer - 1] + 1);
}
constexpr int units = first_unit(layers) + sizes[layers];
constexpr int weights = first_weight(layers);

lanes sums[weights];

template <int V> struct Block {
    lanes a[units][V], g[units][V];

    static void activate(lanes &x) {
        if (TANH)
            for (int l = 0; l < L; l++) x[l] = std::tanh(x[l]);
        else
            x = x > 0 ? x : lanes{};
    }

    // M neurons from m on, so that a vector of inputs is read once for all of them
    template <int layer, int M> void neurons(const double *w, int m) {
        constexpr int K = sizes[layer];
        lanes(*x)[V] = a + first_unit(layer), (*out)[V] = a + first_unit(layer + 1);
        lanes z[M][V];
        for (int i = 0; i < M; i++)
            for (int v = 0; v < V; v++) z[i][v] = lanes{} + w[(m + i) * (K + 1) + K];
        for (int k = 0; k < K; k++)
            for (int i = 0; i < M; i++)
                for (int v = 0; v < V; v++) z[i][v] += w[(m + i) * (K + 1) + k] * x[k][v];
        for (int i = 0; i < M; i++)
            for (int v = 0; v < V; v++) {
                if (layer + 1 < layers) activate(z[i][v]);
                out[m + i][v] = z[i][v];
            }
    }

    template <int layer> void forward(const double *parameters) {
        constexpr int M = sizes[layer + 1];
        const double *w = parameters + first_weight(layer);
        int m = 0;
        for (; m + 4 <= M; m += 4) neurons<layer, 4>(w, m);
        for (; m < M; m++) neurons<layer, 1>(w, m);
        if constexpr (layer + 1 < layers) forward<layer + 1>(parameters);
    }

    template <int layer> void backward(const double *parameters) {
        constexpr int K = sizes[layer], M = sizes[layer + 1];
        const double *w = parameters + first_weight(layer);
        lanes *sum = sums + first_weight(layer);
        lanes(*x)[V] = a + first_unit(layer), (*gx)[V] = g + first_unit(layer), (*go)[V] = g + first_unit(layer + 1);
        for (int m = 0; m < M; m++)
            for (int k = 0; k <= K; k++) {
                lanes s = {};
                for (int v = 0; v < V; v++) s += k < K ? go[m][v] * x[k][v] : go[m][v];
                sum[m * (K + 1) + k] += s;
            }
        if constexpr (layer > 0) {
            int k = 0;
            for (; k + 4 <= K; k += 4) inputs<layer, 4>(w, k);
            for (; k < K; k++) inputs<layer, 1>(w, k);
            for (k = 0; k < K; k++)
                for (int v = 0; v < V; v++)
                    gx[k][v] = TANH ? gx[k][v] * (1 - x[k][v] * x[k][v]) : x[k][v] > 0 ? gx[k][v] : lanes{};
            backward<layer - 1>(parameters);
        }
    }

    // the gradients of Q inputs from k on
    template <int layer, int Q> void inputs(const double *w, int k) {
        constexpr int K = sizes[layer], M = sizes[layer + 1];
        lanes(*gx)[V] = g + first_unit(layer), (*go)[V] = g + first_unit(layer + 1);
        lanes s[Q][V] = {};
        for (int m = 0; m < M; m++)
            for (int i = 0; i < Q; i++)
                for (int v = 0; v < V; v++) s[i][v] += w[m * (K + 1) + k + i] * go[m][v];
        std::memcpy(gx[k], s, sizeof s);
    }

    // The loss of the first `n` samples; the others repeat one of them and send nothing back.
    double loss(const double *y, long n, double weight) {
        constexpr int M = sizes[layers];
        lanes(*z)[V] = a + first_unit(layers), (*gz)[V] = g + first_unit(layers);
        double total = 0;
        for (int s = 0; s < V * L; s++) {
            int v = s / L, l = s % L;
            if (s >= n) {
                for (int m = 0; m < M; m++) gz[m][v][l] = 0;
            } else if (hinge) {
                double margin = 1 - y[s] * z[0][v][l];
                total += margin > 0 ? margin : 0;
                gz[0][v][l] = margin > 0 ? -y[s] * weight : 0;
            } else {
                double largest = z[0][v][l], sum = 0, e[M];
                for (int m = 1; m < M; m++) largest = z[m][v][l] > largest ? z[m][v][l] : largest;
                for (int m = 0; m < M; m++) sum += e[m] = std::exp(z[m][v][l] - largest);
                total += std::log(sum) + largest - z[(int)y[s]][v][l];
                for (int m = 0; m < M; m++) gz[m][v][l] = (e[m] / sum - (m == (int)y[s])) * weight;
            }
        }
        return total;
    }

    double run(const double *parameters, const double *X, const double *y, long n, double weight) {
        for (int k = 0; k < sizes[0]; k++)
            for (int s = 0; s < V * L; s++) a[k][s / L][s % L] = X[(s < n ? s : n - 1) * sizes[0] + k];
        forward<0>(parameters);
        double total = loss(y, n, weight);
        backward<layers - 1>(parameters);
        return total;
    }
};

Block<2> pair;
Block<1> single;

}  // namespace

extern "C" double loss_and_gradient(const double *parameters, const double *X, const double *y, long n, double *gradient) {
    double total = 0;
    std::memset(sums, 0, sizeof sums);
    for (long s = 0; s < n; s += 2 * L) {
        long rest = n - s;
        total += rest > L ? pair.run(parameters, X + s * sizes[0], y + s, rest, 1.0 / n)
                          : single.run(parameters, X + s * sizes[0], y + s, rest, 1.0 / n);
    }
    for (int i = 0; i < weights; i++) {
        double sum = 0;
        for (int l = 0; l < L; l++) sum += sums[i][l];
        gradient[i] = sum;
    }
    return total / n;
}
