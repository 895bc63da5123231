"""Ruin and recreate over compiled insertion, feeding a master problem: the inner loop of the main engine.

To read, in this order: `instance` (the problem as arrays) and `state` (tours as arrays); `timing`, with `starts`,
`resting` and `pricing` (when things happen and what a tour costs); `supplies` (parts and tools); `tours` (changing a
tour for good); `places` and `crews` (where a job could stand); `step`, `ruin`, `recreate` and `anneal` (the search);
`pool` and `master` (the best set of the tours seen so far); `part` (a stretch of search as a plain function, for an
executor). `reading` and `writing` turn records into arrays and back; `kernel`, `cache` and `warming` see to the
compiler.
"""
