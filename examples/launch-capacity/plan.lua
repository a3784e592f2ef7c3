-- What nobody can see from outside: what carries the load today, and what it costs.
return {
  pods = 4,                  -- that carried the measured load
  pool_per_pod = 20,         -- connections to the database that each holds
  max_connections = 150,     -- that the database takes
  price_per_pod_month = 50,
  currency = "EUR",
  headroom = "20%",          -- of the capacity, to stay free
  load_now = "180/s",        -- requests at today's peak
}
