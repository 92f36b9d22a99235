"""What benchmarks and fault tests share: a client of a bare control plane, and the operator as a process beside it."""
