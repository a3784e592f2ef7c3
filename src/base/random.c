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

/* The integral of x^-s from 1 to x, and its inverse; q = 1 - s. Both stay exact
 * near q = 0, where they become the logarithm and its inverse. */
static double zipf_area(double x, double q)
{
    return q == 0 ? log(x) : expm1(q * log(x)) / q;
}

static double zipf_area_inverse(double area, double q)
{
    return exp(q == 0 ? area : log1p(fmax(q * area, -1)) / q);
}

/* A point below the curve x^-s, cut into columns of width 1 around the whole
 * numbers, falls into the column of its rank. What lies above the histogram of
 * k^-s is drawn again; left of `sure` nothing does. */
double random_zipf(struct random *r, double n, double s)
{
    double q = 1 - s;
    double low = zipf_area(1.5, q) - 1, high = zipf_area(n + 0.5, q);
    double sure = 2 - zipf_area_inverse(zipf_area(2.5, q) - pow(2, -s), q);
    for (;;) {
        double area = high + random_unit(r) * (low - high);
        double x = zipf_area_inverse(area, q);
        double k = fmin(fmax(floor(x + 0.5), 1), n);
        if (k - x <= sure || area >= zipf_area(k + 0.5, q) - pow(k, -s))
            return k;
    }
}

void random_uuid(struct random *r, char text[RANDOM_UUID_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    uint64_t halves[2] = {random_next(r), random_next(r)};
    halves[0] = (halves[0] & ~UINT64_C(0xf000)) | 0x4000;
    halves[1] = (halves[1] & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    char *at = text;
    for (int i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            *at++ = '-';
        *at++ = digits[halves[i / 16] >> (60 - i % 16 * 4) & 15];
    }
    *at = '\0';
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
