--- The largest and smallest numbers a load may have.

return {
  MAX_VUS = 1000000,
  MAX_ITERATIONS = 2 ^ 53,
  MAX_RATE = 1000000,
  MAX_SEED = 2 ^ 53,
  MAX_THREADS = 1024,
  MAX_TAG_KEYS = 32, -- TAG_KEYS_MAX of src/stats/tags.h
}
