/* random — reproducible randomness.
 *
 * xoshiro256** seeded through SplitMix64, as its authors advise
 * (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators",
 * ACM TOMS 47, 2021). One stream per user: same seed, same choices. Not for
 * secrets. */
#pragma once

#include <stdint.h>

struct random {
    uint64_t s[4];
};

/* Independent streams for different `stream` numbers of one `seed`. */
void random_init(struct random *r, uint64_t seed, uint64_t stream);
uint64_t random_next(struct random *r);
/* Uniform in [0, 1), 53 bits. */
double random_unit(struct random *r);
/* Of mean 1 (inversion: Devroye, Non-Uniform Random Variate Generation, 1986,
 * II.2). */
double random_exponential(struct random *r);
/* Of mean 0 and deviation 1 (Marsaglia's polar method: Marsaglia and Bray, SIAM
 * Review 6, 1964). */
double random_normal(struct random *r);
/* Of the given mean, above 0, and deviation: exp of a normal variate with
 * variance ln(1 + deviation^2 / mean^2). */
double random_lognormal(struct random *r, double mean, double deviation);
/* A rank of 1..n, rank k in proportion to k^-s; n >= 1, s >= 0. Exact for any
 * n, without a table (rejection-inversion: Hormann and Derflinger,
 * "Rejection-Inversion to Generate Variates from Monotone Discrete
 * Distributions", ACM TOMACS 6(3), 1996). */
double random_zipf(struct random *r, double n, double s);
enum { RANDOM_UUID_BYTES = 37 };
/* A UUID of version 4 (RFC 9562, 5.4) as text with its NUL: as repeatable, and
 * as guessable, as the stream. */
void random_uuid(struct random *r, char text[RANDOM_UUID_BYTES]);
/* Uniform in [low, high], without modulo bias; low <= high. */
int64_t random_int(struct random *r, int64_t low, int64_t high);
/* A stateless draw: the same three numbers always give the same result. */
uint64_t random_hash(uint64_t seed, uint64_t a, uint64_t b);
