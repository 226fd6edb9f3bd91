"""Prove the certificate of a plan again, without sarhad: ``python -m prove`` in its folder.

It needs numpy, scipy, pandas and ortools. It recomputes distances with plain Dijkstra, every path edge by edge and every
cut from its paths, sums the bound up from the dual values (those stated, and those of another solver) over every start
that is allowed, takes off what rounding may have added, and values the plan.
"""
