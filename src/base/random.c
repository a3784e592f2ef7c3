#include "base/random.h"

#include <math.h>

static const uint64_t GOLDEN_GAMMA = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t splitmix_next(uint64_t *state)
{
    uint64_t z = (*state += GOLDEN_GAMMA);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t random_hash(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t state = seed;
    state = splitmix_next(&state) ^ a;
    state = splitmix_next(&state) ^ b;
    return splitmix_next(&state);
}

void random_init(struct random *r, uint64_t seed, uint64_t stream)
{
    uint64_t state = random_hash(seed, stream, 0);
    for (int i = 0; i < 4; i++)
        r->s[i] = splitmix_next(&state);
}

uint64_t random_next(struct random *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double random_unit(struct random *r)
{
    return (double)(random_next(r) >> 11) * 0x1.0p-53;
}

double random_exponential(struct random *r)
{
    return -log(1 - random_unit(r));
}

double random_normal(struct random *r)
{
    double x, y, square;
    do {
        x = 2 * random_unit(r) - 1;
        y = 2 * random_unit(r) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    return x * sqrt(-2 * log(square) / square);
}

double random_lognormal(struct random *r, double mean, double deviation)
{
    double ratio = deviation / mean, variance = log1p(ratio * ratio);
    return mean * exp(sqrt(variance) * random_normal(r) - variance / 2);
}

/* (exp(x) - 1) / x and ln(1 + x) / x, without loss where x is about 0. */
static double expm1_over(double x)
{
    return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x / 2;
}

static double log1p_over(double x)
{
    return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x / 2;
}

/* The hat is x^-s; its integral from 1, and the inverse of that. */
static double zipf_integral(double x, double s)
{
    double log_x = log(x);
    return expm1_over((1 - s) * log_x) * log_x;
}

static double zipf_inverse(double y, double s)
{
    double t = y * (1 - s);
    if (t < -1) /* by rounding only */
        t = -1;
    return exp(log1p_over(t) * y);
}

static double zipf_hat(double x, double s)
{
    return exp(-s * log(x));
}

uint64_t random_zipf(struct random *r, uint64_t n, double s)
{
    double low = zipf_integral(1.5, s) - 1;
    double high = zipf_integral((double)n + 0.5, s);
    double squeeze =
        2 - zipf_inverse(zipf_integral(2.5, s) - zipf_hat(2, s), s);
    for (;;) {
        double u = high + random_unit(r) * (low - high);
        double x = zipf_inverse(u, s);
        double rank = floor(x + 0.5);
        rank = rank < 1 ? 1 : rank > (double)n ? (double)n : rank;
        if (rank - x <= squeeze ||
            u >= zipf_integral(rank + 0.5, s) - zipf_hat(rank, s))
            return (uint64_t)rank;
    }
}

int64_t random_int(struct random *r, int64_t low, int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    if (span == 0) /* the whole range of 64 bits */
        return (int64_t)random_next(r);
    uint64_t rest = (UINT64_MAX % span + 1) % span;
    uint64_t draw;
    do
        draw = random_next(r);
    while (draw > UINT64_MAX - rest);
    return (int64_t)((uint64_t)low + draw % span);
}
