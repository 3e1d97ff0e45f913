"""Side-by-side benchmarks: nginx, HAProxy and gopura with the same routes to the same upstream."""
