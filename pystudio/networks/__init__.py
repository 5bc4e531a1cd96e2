"""Neural networks: running them, reading the files that people bring, looking inside, counting their cost, training a small one."""
